import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { isInstalled } from './system-tools.js'

/** A server started by a spec: its output and how to stop it. */
export interface BackgroundProcess extends AsyncDisposable {
  readonly pid: number
  /** All lines printed to both streams so far. */
  readonly lines: readonly string[]
  /** The line that announced that the server is ready. */
  readonly readyLine: string
  /** Resolves with the first line that matches, including lines already printed. */
  line(matching: RegExp): Promise<string>
  /** Writes to the server's standard input, which is closed unless `input` is set. */
  write(text: string): void
  /** Stops the server and returns its exit status, or null if a signal ended it. */
  stop(signal?: NodeJS.Signals): Promise<number | null>
}

export interface StartOptions {
  /** Matches the line that announces that the server is ready. */
  ready: RegExp
  env?: NodeJS.ProcessEnv
  cwd?: string
  timeoutMs?: number
  /** Whether standard input is kept open. */
  input?: boolean
}

/** On Linux, the kernel ends the server together with the process that started it, even if that process is killed. */
const BOUND_TO_THIS_PROCESS = isInstalled('setpriv') ? ['setpriv', '--pdeathsig', 'KILL'] : []

/** Starts a server and waits until it is ready. The server never outlives the process that runs the specs. */
export async function startProcess(
  command: string,
  args: readonly string[],
  options: StartOptions,
): Promise<BackgroundProcess> {
  const { ready, env, cwd, timeoutMs = 60_000, input = false } = options
  const [file = command, ...rest] = [...BOUND_TO_THIS_PROCESS, command, ...args]
  const child = spawn(file, rest, { env, cwd, stdio: [input ? 'pipe' : 'ignore', 'pipe', 'pipe'] })
  const kill = () => void child.kill('SIGKILL')
  process.once('exit', kill)
  const ended = once(child, 'close').then(([code]: (number | null)[]) => {
    process.off('exit', kill)
    return code ?? null
  })
  const { lines, line } = linesOf(child)
  const fail = (why: string) => new Error(`${command} ${args.join(' ')} ${why}\n${lines.slice(-30).join('\n')}`)
  const bound = setTimeout(kill, timeoutMs)
  const readyLine = await Promise.race([
    line(ready),
    ended.then((code) => Promise.reject(fail(`ended with ${String(code)} before it was ready`))),
  ]).finally(() => clearTimeout(bound))

  const stop = async (signal: NodeJS.Signals = 'SIGTERM') => {
    child.kill(signal)
    const patience = setTimeout(kill, 10_000)
    return ended.finally(() => clearTimeout(patience))
  }
  return {
    ...{ pid: child.pid ?? 0, lines, readyLine, line, stop },
    write: (text) => void child.stdin?.write(text),
    [Symbol.asyncDispose]: async () => void (await stop()),
  }
}

function linesOf(child: ChildProcess) {
  const lines: string[] = []
  const waiting = new Set<() => void>()
  for (const input of [child.stdout, child.stderr])
    if (input)
      createInterface({ input }).on('line', (text) => {
        lines.push(text)
        waiting.forEach((check) => check())
      })
  const line = (matching: RegExp) =>
    new Promise<string>((resolve) => {
      const check = () => {
        const found = lines.find((text) => matching.test(text))
        if (found === undefined) return
        waiting.delete(check)
        resolve(found)
      }
      waiting.add(check)
      check()
    })
  return { lines, line }
}
