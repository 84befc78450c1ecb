/** The moment of a signature: AWS's spelling of it, which is signed, and the seconds since 1970 to reckon with. */
export interface SigningDate {
  readonly text: string
  readonly seconds: number
}

/** Takes ISO 8601 basic format and, because botocore signs a request that has a `Date` header that way, the HTTP date of RFC 9110. */
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

/** Cuts off what is less than a second: a signature cannot say it, so it must not decide. */
export function isoBasic(time: number): SigningDate {
  return {
    text: new Date(time).toISOString().replace(/[-:]|\.\d+/g, ''),
    seconds: Math.floor(time / 1000),
  }
}
