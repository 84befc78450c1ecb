import type { SignatureClaim } from './claim.js'
import { type Refusal, refusals } from './refusals.js'
import { isoBasic, type SigningDate } from './signing-date.js'

const week = 604_800

/** Refuses a signature that has expired or is not valid yet. The last second of its lifetime is included. */
export function refuseLifetime(
  { expires }: Pick<SignatureClaim, 'expires'>,
  date: SigningDate,
  machineTime: Date,
  maxSkewSeconds: number,
): Refusal | undefined {
  if (expires !== undefined && !isLifetime(expires)) return refusals.invalidExpires(expires)
  const now = Math.floor(machineTime.getTime() / 1000)
  const lifetime = expires === undefined ? maxSkewSeconds : Number(expires)
  const after = (seconds: number) => isoBasic((now + seconds) * 1000).text

  if (date.seconds < now - lifetime) return refusals.expired(date.text, after(-lifetime), after(0), lifetime)
  if (date.seconds > now + maxSkewSeconds) {
    return refusals.notYetCurrent(date.text, after(maxSkewSeconds), after(0), maxSkewSeconds)
  }
  return undefined
}

const isLifetime = (expires: string) => /^\d{1,6}$/.test(expires) && Number(expires) >= 1 && Number(expires) <= week
