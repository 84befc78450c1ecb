import type { Records, Store } from '../ports/store.js'
import type { Principal } from '../principal.js'
import type { Quotas } from '../quotas.js'
import type { Registry } from '../registry.js'
import { exclusionAlreadyExists, tooManyExclusions } from './pull-time-errors.js'
import type { PullTimeExclusion } from './pull-time-exclusion.js'

/**
 * Excludes a user or role. Throws ExclusionAlreadyExists, LimitExceeded.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_RegisterPullTimeUpdateExclusion.html
 */
export const registerExclusion = (
  store: Store,
  registry: Registry,
  exclusion: PullTimeExclusion,
  { pullTimeUpdateExclusions: quota }: Pick<Quotas, 'pullTimeUpdateExclusions'>,
): Promise<void> =>
  store.transact(registry, async ({ pullTimeExclusions }) => {
    const { principalArn } = exclusion
    const [existing, hasRoom] = await Promise.all([
      pullTimeExclusions.get(registry, principalArn),
      pullTimeExclusions.holdsFewerThan(registry, quota),
    ])
    if (existing) throw exclusionAlreadyExists()
    if (!hasRoom) throw tooManyExclusions()
    await pullTimeExclusions.put(registry, principalArn, exclusion)
  })

/**
 * Whether pulls of this caller are not recorded: it is an excluded user, or a session of an excluded user or role.
 */
export const isExcluded = async (
  { pullTimeExclusions }: Pick<Records, 'pullTimeExclusions'>,
  registry: Registry,
  { arn, session }: Pick<Principal, 'arn' | 'session'>,
): Promise<boolean> => (await pullTimeExclusions.get(registry, session?.roleArn ?? arn)) !== undefined
