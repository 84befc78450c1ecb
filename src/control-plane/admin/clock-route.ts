import { type Clock, LAST_MOMENT, readClock } from '../../registry/ports/clock.js'
import type { Reply } from './explain-route.js'

/** The dependency of the endpoints of the clock. */
export interface ClockDeps {
  readonly clock: Clock
}

/** The time of both planes, and how far it is ahead of the machine's. */
export async function clockOf({ clock }: ClockDeps): Promise<Reply> {
  const { now, advancedSeconds } = await readClock(clock)
  return ok({ now: now.toISOString(), advancedSeconds })
}

/** Advances the time of both planes. It cannot be set back. */
export async function advanceClock(body: unknown, { clock }: ClockDeps): Promise<Reply> {
  const { advanceSeconds } = (body ?? {}) as { advanceSeconds?: unknown }
  if (typeof advanceSeconds !== 'number' || !Number.isFinite(advanceSeconds) || advanceSeconds < 0)
    return badRequest(
      `advanceSeconds must be a number of seconds, 0 or more; got ${JSON.stringify(advanceSeconds)}. Send {"advanceSeconds":86400}`,
    )
  if ((await clock.now()).getTime() + advanceSeconds * 1000 > LAST_MOMENT)
    return badRequest('advanceSeconds must not advance the clock beyond the year 9999')
  return ok({ now: (await clock.advance(advanceSeconds)).toISOString() })
}

const ok = (body: object): Reply => ({ status: 200, body })

const badRequest = (message: string): Reply => ({ status: 400, body: { message } })
