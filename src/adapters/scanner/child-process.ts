import { type ChildProcess, spawn } from 'node:child_process'

/** Limits of a child process. */
export interface ChildLimits {
  readonly timeoutMs: number
  /** The most bytes of standard output. */
  readonly maxBytes: number
  readonly stopSignal: AbortSignal
}

/** How a child process has ended. */
export type ChildEnd =
  | { readonly end: 'exited'; readonly code: number | null; readonly stdout: string; readonly stderr: string }
  /** It was killed because it exceeded a limit, or could not be started for the reason in `code`. */
  | { readonly end: 'timed out' | 'too much output' }
  | { readonly end: 'not started'; readonly code: string }

/** The most bytes of standard error that are kept: its end says why a program has failed. */
const MAX_ERROR_BYTES = 8192

/**
 * Runs a program without a shell. Beyond a limit it is killed together with the processes that it has started, so that
 * none of them keeps its output open. Rejects only with the reason of `stopSignal`.
 */
export function runChild(
  command: string,
  args: readonly string[],
  { timeoutMs, maxBytes, stopSignal }: ChildLimits,
): Promise<ChildEnd> {
  return new Promise((resolve, reject) => {
    if (stopSignal.aborted) return reject(reasonOf(stopSignal))
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: HAS_PROCESS_GROUPS })
    const stdout: Buffer[] = []
    let [stdoutBytes, stderr] = [0, '']
    const settle = (outcome: () => void) => {
      clearTimeout(timer)
      stopSignal.removeEventListener('abort', onStop)
      outcome()
    }
    const endWith = (end: 'timed out' | 'too much output') => {
      kill(child)
      settle(() => resolve({ end }))
    }
    const onStop = () => {
      kill(child)
      settle(() => reject(reasonOf(stopSignal)))
    }
    const timer = setTimeout(() => endWith('timed out'), timeoutMs)
    stopSignal.addEventListener('abort', onStop)
    child.stdout.on('data', (chunk: Buffer) => {
      stdoutBytes += chunk.length
      if (stdoutBytes > maxBytes) endWith('too much output')
      else stdout.push(chunk)
    })
    child.stderr.on('data', (chunk: Buffer) => (stderr = (stderr + chunk.toString()).slice(-MAX_ERROR_BYTES)))
    child.on('error', (error: NodeJS.ErrnoException) =>
      settle(() => resolve({ end: 'not started', code: error.code ?? error.message })),
    )
    child.on('close', (code) =>
      settle(() => resolve({ end: 'exited', code, stdout: Buffer.concat(stdout).toString(), stderr })),
    )
  })
}

/** Elsewhere a child has no group of its own, and is killed alone. */
const HAS_PROCESS_GROUPS = process.platform !== 'win32'

function kill(child: ChildProcess): void {
  try {
    if (HAS_PROCESS_GROUPS && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    else child.kill('SIGKILL')
  } catch {
    // It has ended meanwhile.
  }
  child.stdout?.destroy()
  child.stderr?.destroy()
}

const reasonOf = ({ reason }: AbortSignal): Error =>
  reason instanceof Error ? reason : new Error('interrupted', { cause: reason })
