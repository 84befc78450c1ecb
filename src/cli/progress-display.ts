import picocolors from 'picocolors'
import { formatBytes } from '../registry/amounts.js'
import type { ReportStep, Step } from '../registry/ports/progress.js'

/** What a command writes while it works for long: how far it is, its results and its log. */
export interface Progress {
  readonly report: ReportStep
  /** Writes results to standard output. */
  readonly write: (text: string) => void
  /** Writes to standard error what is neither a result nor progress: the log. */
  readonly note: (text: string) => void
  /** Removes the line of progress. Called before the process ends. */
  readonly end: () => void
}

/** The parts of a process that progress is shown in. */
export type ProgressProcess = Pick<NodeJS.Process, 'env'> & {
  readonly stdout: Pick<NodeJS.WriteStream, 'write'>
  readonly stderr: Pick<NodeJS.WriteStream, 'write' | 'isTTY' | 'columns'>
}

/** How often the line on a terminal is written again. */
const DRAW_EVERY_MS = 150

/** How often there is a line elsewhere, so that a log shows that the work goes on, and not much more. */
const TELL_EVERY_MS = 10_000

const BAR_CELLS = 20

/** Begins a line anew, and removes what is right of the cursor. */
const BEGINNING = '\r'
const REST_OF_LINE = '\x1b[K'

/**
 * Shows progress on standard error, so that standard output holds results only: as one line that changes on a
 * terminal, as a line every ten seconds elsewhere and on a terminal that cannot move its cursor (`TERM=dumb`). Work
 * that is done sooner shows nothing. Colours are left out if `NO_COLOR` is set (https://no-color.org).
 */
export function openProgress({ stdout, stderr, env }: ProgressProcess, tellEveryMs = TELL_EVERY_MS): Progress {
  const isLive = stderr.isTTY && env.TERM !== 'dumb'
  const isColored = isLive && !env.NO_COLOR
  const shown: { step?: Step; begun: number; isDrawn: boolean } = { begun: 0, isDrawn: false }
  const draw = () => {
    if (!shown.step) return
    const width = (stderr.columns || 80) - 1
    stderr.write(BEGINNING + liveLine(shown.step, elapsedSince(shown.begun), width, isColored) + REST_OF_LINE)
    shown.isDrawn = true
  }
  const tell = () => void (shown.step && stderr.write(`${textOf(shown.step, elapsedSince(shown.begun))}\n`))
  const timer = setInterval(isLive ? draw : tell, isLive ? DRAW_EVERY_MS : tellEveryMs).unref()
  const remove = () => {
    if (shown.isDrawn) stderr.write(BEGINNING + REST_OF_LINE)
    shown.isDrawn = false
  }
  const above = (stream: Pick<NodeJS.WriteStream, 'write'>) => (text: string) => {
    remove()
    stream.write(text)
  }
  return {
    report(step) {
      if (step.doing !== shown.step?.doing) shown.begun = performance.now()
      shown.step = step
    },
    write: above(stdout),
    note: above(stderr),
    end() {
      clearInterval(timer)
      remove()
    },
  }
}

/**
 * A bar, if the end is known, and the text, both cut to the width of the terminal: a longer line could not be removed.
 */
function liveLine(step: Step, elapsed: string, width: number, isColored: boolean): string {
  const { cyan, dim } = picocolors.createColors(isColored)
  const share = shareOf(step)
  const bar = share === undefined || width < 3 * BAR_CELLS ? '' : `${barOf(share)} `
  const text = textOf(step, elapsed)
  const room = width - bar.length
  return cyan(bar) + dim(text.length > room ? `${text.slice(0, Math.max(0, room - 1))}…` : text)
}

function barOf(share: number): string {
  const full = Math.floor(share * BAR_CELLS)
  return `[${'#'.repeat(full)}${'-'.repeat(BAR_CELLS - full)}]`
}

function textOf({ doing, done, total, bytes }: Step, elapsed: string): string {
  const count = done === undefined ? '' : total === undefined ? `: ${done}` : `: ${done} of ${total}`
  return [`${doing}${count}`, ...(bytes === undefined ? [] : [formatBytes(bytes)]), elapsed].join(', ')
}

function shareOf({ done, total }: Step): number | undefined {
  return done === undefined || !total ? undefined : Math.min(1, done / total)
}

/** `12 s`, and `3 min 5 s` from one minute on. */
function elapsedSince(begun: number): string {
  const seconds = Math.floor((performance.now() - begun) / 1000)
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}
