import { ruleForRepository } from '../registry/cache-rules/rule-for-repository.js'
import type { RequestFacts, Refusal } from '../server/exchange.js'
import type { DataPlaneDeps } from './call.js'
import type { OciError } from './oci-errors.js'

type PulledFrom = NonNullable<RequestFacts['pulledFrom']>

/**
 * What the decision log records of a pull that found no image: that it failed and, if no cache rule serves the name, a
 * hint that says so. A HEAD that finds no image is not recorded, because every push begins with one.
 */
export async function failedPull(
  { registry, repository }: PulledFrom,
  { status, code }: OciError,
  method: string | undefined,
  deps: Pick<DataPlaneDeps, 'store'>,
): Promise<Pick<Refusal, 'isFailedPull' | 'hint'>> {
  if (method === 'HEAD' && code === 'MANIFEST_UNKNOWN') return {}
  if (status !== 404 || (await mayBeServed({ registry, repository }, deps))) return { isFailedPull: true }
  const { account, region } = registry
  const hint = `No pull through cache rule of account ${account} in ${region} serves ${repository}: an image there has to be pushed`
  return { isFailedPull: true, hint }
}

/** Whether a cache rule serves the name; true if the store does not answer, so that no wrong hint is given. */
const mayBeServed = ({ registry, repository }: PulledFrom, deps: Pick<DataPlaneDeps, 'store'>): Promise<boolean> =>
  ruleForRepository(deps.store, registry, repository).then(
    (rule) => rule !== undefined,
    () => true,
  )
