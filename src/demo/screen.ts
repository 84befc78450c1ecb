import picocolors from 'picocolors'

/** Where the demo shows its steps, and counts the checks that failed. */
export interface Screen {
  title(text: string, explanation: string): void
  /** Begins a numbered step. */
  step(text: string): void
  /** A command that a user would type here, on one line or several. */
  command(...lines: string[]): void
  /** A remark that is not a check. */
  note(text: string): void
  /** A check and whether it holds. */
  check(text: string, holds: boolean): void
  /** True if every check held; the last line says so. */
  end(text: string): boolean
}

/** A screen of plain text, with colours if the terminal supports them. */
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
      line(failures === 0 ? `\n${green('✓')} ${bold(text)}\n` : `\n${red('✗')} ${bold(`${failures} checks failed`)}\n`)
      return failures === 0
    },
  }
}
