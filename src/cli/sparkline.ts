/** Levels of a sparkline from nothing to the most: blocks (U+2581 to U+2588), or ASCII of growing weight. */
const BLOCKS = '▁▂▃▄▅▆▇█'
const ASCII = '_.:-=+*#'

/** How a series is drawn as one line of characters. */
export interface SparklineForm {
  /** The most characters. A longer series is drawn with several values summed in each. */
  readonly width: number
  /** The value of the highest level. */
  readonly highest: number
  readonly isUnicode: boolean
}

/** A series as one line of characters. The lowest level is nothing; every value above it is seen. */
export function sparkline(values: readonly number[], { width, highest, isUnicode }: SparklineForm): string {
  const levels = isUnicode ? BLOCKS : ASCII
  const top = levels.length - 1
  return summedToFit(values, width)
    .map((value) => {
      const level = value <= 0 ? 0 : Math.min(top, Math.max(1, Math.ceil((value / Math.max(highest, 1)) * top)))
      return levels[level]
    })
    .join('')
}

/** The values, or the sums of as many neighbours each as makes the series short enough; the latest sum is whole. */
export function summedToFit(values: readonly number[], width: number): number[] {
  const each = Math.max(1, Math.ceil(values.length / Math.max(1, width)))
  const sums: number[] = []
  for (let end = values.length; end > 0; end -= each)
    sums.unshift(values.slice(Math.max(0, end - each), end).reduce((sum, value) => sum + value, 0))
  return sums
}

/**
 * Whether a program's terminal shows characters beyond ASCII, by the locale of its environment. Windows has no such
 * variables, and its terminals do.
 */
export function isUnicodeLocale(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): boolean {
  const locale = [env.LC_ALL, env.LC_CTYPE, env.LANG].find((value) => value !== undefined && value !== '')
  return locale === undefined ? platform === 'win32' : /utf-?8/i.test(locale)
}
