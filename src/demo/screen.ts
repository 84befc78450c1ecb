import picocolors from 'picocolors'

/** Where the demo tells its story, and where it keeps count of what did not go as it should. */
export interface Screen {
  title(text: string, explanation: string): void
  /** Begins a numbered step. */
  step(text: string): void
  /** What a person would type here, in one line or in several. */
  command(...lines: string[]): void
  /** Something worth knowing that proves nothing. */
  note(text: string): void
  /** Something that happened as it should, or did not. */
  check(text: string, holds: boolean): void
  /** True if every check held; the last line says so. */
  end(text: string): boolean
}

/** A screen of plain text; colours only where they show. */
export function screen(write: (text: string) => void, isColored: boolean): Screen {
  const { bold, cyan, dim, green, red } = picocolors.createColors(isColored)
  const line = (text = '') => write(`${text}\n`)
  let steps = 0
  let failures = 0
  return {
    title(text, explanation) {
      line(`\n${bold(text)}`)
      line(dim(explanation))
    },
    step(text) {
      line(`\n${bold(cyan(`${String(++steps).padStart(2)}  ${text}`))}`)
    },
    command: (...lines) => line(`    ${dim('$')} ${lines.join(' \\\n        ')}`),
    note: (text) => line(`    ${dim(text)}`),
    check(text, holds) {
      if (!holds) failures++
      line(`    ${holds ? green('✓') : red('✗')} ${text}`)
    },
    end(text) {
      line(
        failures === 0
          ? `\n${green('✓')} ${bold(text)}\n`
          : `\n${red('✗')} ${bold(`${failures} of this went wrong`)}\n`,
      )
      return failures === 0
    },
  }
}
