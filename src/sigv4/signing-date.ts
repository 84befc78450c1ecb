/** The time of a signature: as text, which is signed, and in epoch seconds. */
export interface SigningDate {
  readonly text: string
  readonly seconds: number
}

/**
 * Reads ISO 8601 basic format and the HTTP date of RFC 9110, with which botocore signs a request that has a `Date`
 * header.
 */
export function readSigningDate(date: string): SigningDate | undefined {
  const [, year, month, day, hours, minutes, seconds] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date) ?? []
  if (year !== undefined) {
    const iso = isoBasic(
      Date.UTC(+year, Number(month) - 1, Number(day), Number(hours), Number(minutes), Number(seconds)),
    )
    return iso.text === date ? iso : undefined
  }
  const time = date.length === 29 ? Date.parse(date) : NaN
  return Number.isNaN(time) || new Date(time).toUTCString() !== date ? undefined : isoBasic(time)
}

/** Truncates to whole seconds, the resolution of a signature's time. */
export function isoBasic(time: number): SigningDate {
  return {
    text: new Date(time).toISOString().replace(/[-:]|\.\d+/g, ''),
    seconds: Math.floor(time / 1000),
  }
}
