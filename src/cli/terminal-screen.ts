/** The parts of a process that a screen is shown in. */
export type ScreenProcess = Pick<NodeJS.Process, 'on' | 'off' | 'once' | 'kill' | 'pid'> & {
  readonly stdin: Pick<NodeJS.ReadStream, 'isTTY' | 'setRawMode' | 'on' | 'off' | 'pause'>
  readonly stdout: Pick<NodeJS.WriteStream, 'isTTY' | 'columns' | 'rows' | 'write' | 'on' | 'off'>
}

/** The screen of a program that takes the whole terminal. */
export interface TerminalScreen {
  /** Draws lines, which must not be longer than the terminal is wide, in place of those before. */
  draw(lines: readonly string[]): void
  /** Resolves with the signal that ended the screen, or with `undefined` if the user did. */
  readonly ended: Promise<NodeJS.Signals | undefined>
  /** Leaves the terminal as it was. */
  close(): void
}

/** The other screen, no cursor, and no line that goes on in the next one; and back. */
const ENTER = '\x1b[?1049h\x1b[?25l\x1b[?7l'
const LEAVE = '\x1b[?7h\x1b[?25h\x1b[?1049l'

const HOME = '\x1b[H'
const REST_OF_LINE = '\x1b[K'
const REST_OF_SCREEN = '\x1b[J'

const CTRL_C = '\x03'
const CTRL_Z = '\x1a'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Takes the terminal until the user types q or Ctrl-C, or a signal ends the program. However the program ends, the
 * terminal is left as it was; Ctrl-Z stops the program meanwhile, as anywhere else. `redraw` is called when the
 * terminal has another size, or shows the program again.
 */
export function openScreen(process: ScreenProcess, redraw: () => void): TerminalScreen {
  const { stdin, stdout } = process
  const shown = shownScreen(process)
  let onEnd: (signal: NodeJS.Signals | undefined) => void = () => {}
  const ended = new Promise<NodeJS.Signals | undefined>((resolve) => (onEnd = resolve))

  function take(typed: Buffer | string): void {
    const keys = typed.toString()
    if (/q/i.test(keys) || keys.includes(CTRL_C)) return onEnd(undefined)
    if (!keys.includes(CTRL_Z)) return
    shown.leave()
    process.once('SIGCONT', () => {
      shown.enter()
      redraw()
    })
    process.kill(process.pid, 'SIGTSTP')
  }
  for (const signal of SIGNALS) process.on(signal, onEnd)
  process.on('exit', shown.leave)
  stdout.on('resize', redraw)
  if (stdin.isTTY) stdin.on('data', take)
  shown.enter()
  return {
    ended,
    draw: (lines) => shown.write(HOME + lines.map((line) => line + REST_OF_LINE).join('\n') + REST_OF_SCREEN),
    close() {
      shown.leave()
      for (const signal of SIGNALS) process.off(signal, onEnd)
      process.off('exit', shown.leave)
      stdout.off('resize', redraw)
      if (stdin.isTTY) stdin.off('data', take)
      if (stdin.isTTY) stdin.pause()
    },
  }
}

/** Enters the other screen and leaves it, each as often as it is called for. What is written outside it is dropped. */
function shownScreen({ stdin, stdout }: Pick<ScreenProcess, 'stdin' | 'stdout'>) {
  let isShown = false
  const setRaw = (isRaw: boolean) => void (stdin.isTTY && stdin.setRawMode(isRaw))
  return {
    enter() {
      isShown = true
      setRaw(true)
      stdout.write(ENTER)
    },
    leave: () => {
      if (!isShown) return
      isShown = false
      stdout.write(LEAVE)
      setRaw(false)
    },
    write(text: string) {
      if (isShown) stdout.write(text)
    },
  }
}
