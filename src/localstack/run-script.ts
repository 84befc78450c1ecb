import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import { eachLine } from './script-lines.js'

/** How a script is run. */
export interface ScriptRun {
  readonly environment: NodeJS.ProcessEnv
  /** Called with every line that the script writes, to either stream. */
  readonly onLine: (line: string) => void
  /** Ends the script, and what it started, before its time. */
  readonly signal: AbortSignal
}

/** How long a script that is told to end has until it is killed. */
const KILLED_AFTER_MS = 500

/** How long the last lines of a script that has ended may take to arrive. */
const LAST_LINES_MS = 250

/**
 * Runs a script until it ends, and returns why it failed; undefined if it did not. A shell script is executed as
 * LocalStack does it, which needs the executable bit; the Python that runs the others is the one in the path. What a
 * script leaves running in the background is not waited for.
 */
export async function runScript(path: string, run: ScriptRun): Promise<string | undefined> {
  if (run.signal.aborted) return STOPPED
  const [command, args] = path.endsWith('.py') ? [PYTHON, [path]] : [path, []]
  const child = startProcess(command, args, run.environment)
  if (child instanceof Error) return unstartable(child, command)
  const ended = once(child, 'exit').catch((error: unknown) => [error])
  const closed = once(child, 'close').catch(() => undefined)
  for (const input of [child.stdout, child.stderr]) eachLine(input, run.onLine)
  const stop = () => void endGroup(child, ended)
  const kill = () => signalGroup(child, 'SIGKILL')
  run.signal.addEventListener('abort', stop)
  process.once('exit', kill)
  const [code, endedBy] = (await ended) as [number | null | NodeJS.ErrnoException, NodeJS.Signals | undefined]
  run.signal.removeEventListener('abort', stop)
  process.off('exit', kill)
  if (code instanceof Error) return unstartable(code, command)
  await Promise.race([closed, delay(LAST_LINES_MS)])
  if (run.signal.aborted) return STOPPED
  if (code === 0) return undefined
  return code === null ? `it was ended by ${endedBy}` : `it ended with exit status ${code}`
}

/** Returns those errors, too, that Node throws at once: all but the most frequent ones. */
function startProcess(command: string, args: string[], env: NodeJS.ProcessEnv) {
  try {
    // A process group of its own: what the script started can be ended with it, and a Ctrl-C reaches only ecr-local.
    return spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  } catch (error) {
    return error as NodeJS.ErrnoException
  }
}

const delay = (milliseconds: number) => setTimeout(milliseconds, undefined, { ref: false })

const PYTHON = 'python3'
const STOPPED = 'it was stopped, because its time was over'

function unstartable({ code = '', message }: NodeJS.ErrnoException, command: string): string {
  if (code === 'ENOENT' && command === PYTHON) return 'there is no python3 in the PATH'
  return REASONS.get(code) ?? message
}

/** Why the system does not start a script, by its error. */
const REASONS: ReadonlyMap<string, string> = new Map([
  ['EACCES', 'it is not executable: chmod +x'],
  ['ENOENT', 'the interpreter of its first line does not exist'],
  ['ENOTDIR', 'the interpreter of its first line does not exist'],
  ['ETXTBSY', 'another program has it open and writes it'],
  ['E2BIG', 'the variables of the environment are too long for a program'],
])

async function endGroup(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  signalGroup(child, 'SIGTERM')
  await Promise.race([ended, delay(KILLED_AFTER_MS)])
  signalGroup(child, 'SIGKILL')
}

/** A group that has ended already needs no signal. */
function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal)
  } catch {
    // It has ended.
  }
}
