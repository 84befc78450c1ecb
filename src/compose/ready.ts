import { CLOCK_OFFSET } from '../registry/ports/clock.js'
import type { Store } from '../registry/ports/store.js'
import { installation } from '../registry/registry.js'

/** A balancer that has heard nothing for this long asks the next plane. */
const ANSWERS_WITHIN_MS = 2000

/** Whether the store answers, on each of its connections: what `/ready` tells a balancer. Never rejects. */
export async function isReady({ settings, ping }: Pick<Store, 'settings' | 'ping'>): Promise<boolean> {
  let bound: NodeJS.Timeout | undefined
  const tooLate = new Promise<false>((resolve) => (bound = setTimeout(() => resolve(false), ANSWERS_WITHIN_MS)))
  const answered = Promise.all([settings.get(installation, CLOCK_OFFSET), ping()]).then(
    () => true,
    () => false,
  )
  return Promise.race([answered, tooLate]).finally(() => clearTimeout(bound))
}
