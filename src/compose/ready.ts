import { setTimeout } from 'node:timers/promises'
import { CLOCK_OFFSET } from '../registry/ports/clock.js'
import type { Store } from '../registry/ports/store.js'
import { installation } from '../registry/registry.js'

/** The time limit in milliseconds. A load balancer that gets no answer within this time uses the next plane. */
const ANSWER_WITHIN_MS = 2000

/** Whether the store answers on each of its connections, for `/ready`. Never rejects. */
export async function isReady({ settings, ping }: Pick<Store, 'settings' | 'ping'>): Promise<boolean> {
  const wait = new AbortController()
  const answers = Promise.all([settings.get(installation, CLOCK_OFFSET), ping()]).then(
    () => true,
    () => false,
  )
  const noAnswer = setTimeout(ANSWER_WITHIN_MS, false, { signal: wait.signal })
  return Promise.race([answers, noAnswer]).finally(() => wait.abort())
}
