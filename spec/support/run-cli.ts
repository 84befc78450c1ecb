import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** The built command line; `npm test` builds it first. */
const main = fileURLToPath(new URL('../../dist/ecr-local.cjs', import.meta.url))

export interface RunOptions {
  cwd: string
  env?: Record<string, string>
  /**
   * A command to run instead of the build, in its own process group: npx does not pass on a signal sent only to itself.
   */
  command?: string
}

/** The outcome of a run of `ecr-local`. */
export interface Ended {
  code: number | null
  stdout: string
  stderr: string
}

/** A running `ecr-local`. Dispose of it to kill it by its process id. */
export interface Started extends AsyncDisposable {
  signal(name: NodeJS.Signals): void
  /** Resolves with the ready line. Rejects if the process ends without printing it. */
  ready(): Promise<{ msg: string; endpoint: string; registry: string }>
  ended: Promise<Ended>
  /** What it has written to standard output so far. */
  printed(): string
}

/** Starts `ecr-local` with no environment of this machine except PATH. */
export function startCli(args: string[], { cwd, env = {}, command }: RunOptions): Started {
  const [file, ...before] = command ? [command] : [process.execPath, main]
  const detached = command !== undefined
  const child = spawn(file, [...before, ...args], { cwd, detached, env: { PATH: process.env.PATH, ...env } })
  const signal = (name: NodeJS.Signals) => void process.kill((child.pid ?? NaN) * (detached ? -1 : 1), name)
  const output = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text))
  const ended = once(child, 'close').then(([code]): Ended => ({ code: code as number | null, ...output }))
  const readyLine = () => output.stdout.split('\n').find((line) => line.includes('"msg":"ready"'))
  return {
    signal,
    ended,
    printed: () => output.stdout,
    async ready() {
      while (!readyLine()) {
        const state = await Promise.race([once(child.stdout, 'data'), ended])
        if ('code' in state && !readyLine()) throw new Error(`ended with ${state.code}: ${output.stderr}`)
      }
      return JSON.parse(readyLine() ?? '') as { msg: string; endpoint: string; registry: string }
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) signal('SIGKILL')
      await ended
    },
  }
}

/** Runs `ecr-local` until it ends. */
export async function runCli(args: string[], options: RunOptions): Promise<Ended> {
  await using run = startCli(args, options)
  return await run.ended
}
