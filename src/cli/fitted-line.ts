/** A piece of a line, and the colour it is written in, if any. */
export type Piece = string | readonly [text: string, paint: (text: string) => string]

/** How wide a line may be, and whether the mark at its cut may be beyond ASCII. */
export interface LineForm {
  readonly width: number
  readonly isUnicode: boolean
}

/** A line of pieces, cut to a width. Colours are added after the cut, which their codes would shift. */
export function fittedLine(pieces: readonly Piece[], form: LineForm): string {
  const shown = pieces.map((piece) => {
    const [text, paint] = typeof piece === 'string' ? [piece, (same: string) => same] : piece
    return { text: printable(text), paint }
  })
  const whole = shown
    .map(({ text }) => text)
    .join('')
    .trimEnd()
  let rest = cutTo(whole, form)
  let line = ''
  for (const { text, paint } of shown) {
    if (rest.length > 0) line += paint(rest.slice(0, text.length))
    rest = rest.slice(text.length)
  }
  return line
}

/** A text cut to a width, where the last character then says that it was cut. */
const cutTo = (text: string, { width, isUnicode }: LineForm): string =>
  text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}${isUnicode ? '…' : '~'}`

/**
 * A text without characters that control a terminal or reorder what it shows: the reason of a failure can hold what an
 * upstream registry sent.
 */
export const printable = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?')

/** A value of JSON with every text in it printable. */
export function printableIn<T>(value: T): T
export function printableIn(value: unknown): unknown {
  if (typeof value === 'string') return printable(value)
  if (Array.isArray(value)) return value.map((item: unknown) => printableIn(item))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, printableIn(member)]))
}
