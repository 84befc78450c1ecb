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
  const fields = ISO_BASIC.exec(date)
  if (fields) {
    const time = timeOf(fields.slice(1).map(Number))
    return time === undefined ? undefined : { text: date, seconds: time / 1000 }
  }
  const time = date.length === 29 ? Date.parse(date) : NaN
  return Number.isNaN(time) || new Date(time).toUTCString() !== date ? undefined : isoBasic(time)
}

const ISO_BASIC = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/

/** Epoch milliseconds; undefined for a date that does not exist, which `Date` takes for a later one. */
function timeOf([year = 0, month = 0, day = 0, hours = 0, minutes = 0, seconds = 0]: number[]): number | undefined {
  const time = Date.UTC(year, month - 1, day, hours, minutes, seconds)
  const date = new Date(time)
  const isSameDay = date.getUTCDate() === day && date.getUTCMonth() === month - 1 && date.getUTCFullYear() === year
  return isSameDay && hours < 24 && minutes < 60 && seconds < 60 ? time : undefined
}

/** Truncates to whole seconds, the resolution of a signature's time. */
export function isoBasic(time: number): SigningDate {
  return {
    text: new Date(time).toISOString().replace(/[-:]|\.\d+/g, ''),
    seconds: Math.floor(time / 1000),
  }
}
