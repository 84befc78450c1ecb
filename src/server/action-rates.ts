import { rateExceeded } from '../registry/errors.js'
import type { Clock } from '../registry/ports/clock.js'
import type { Registry } from '../registry/registry.js'
import { tokenBuckets, type TokenBuckets } from './token-buckets.js'

/**
 * Counts one request for this action of ECR. `caller` has the account of the caller and the Region that it calls.
 * Throws ThrottlingException above the configured rate.
 */
export type ActionRates = (action: string, caller: Registry) => void

/**
 * The rates of ECR's actions in requests per second, for each account in each Region, as the service's quotas are. A
 * bucket holds the requests of one second. An action without a rate has no limit.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/service-quotas.html
 */
export function actionRates(rates: Readonly<Record<string, number>>, clock: Pick<Clock, 'wall'>): ActionRates {
  const buckets: ReadonlyMap<string, TokenBuckets> = new Map(
    Object.entries(rates).map(([action, perSecond]) => [
      action,
      tokenBuckets({ perSecond, capacity: perSecond }, clock),
    ]),
  )
  return (action, { account, region }) => {
    if (buckets.get(action)?.(`${account} ${region}`) === false) throw rateExceeded()
  }
}
