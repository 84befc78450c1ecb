import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { get } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { neutralEnvironment } from '../spec/support/run-command.js'
import { isInstalled } from './tools.js'

/** A server that the benchmark has started. */
export interface Server extends AsyncDisposable {
  readonly pid: number
  readonly port: number
  /** `http://127.0.0.1:<port>` */
  readonly url: string
  /** Milliseconds from the start to the first answer. */
  readonly answeredAfterMs: number
  /** Seconds of CPU that the server and its worker processes have used so far, in user and system mode. */
  cpuSeconds(): number
  /** Bytes of memory that are resident now, of the server alone. */
  residentBytes(): number
}

/** How a server is started, and when it counts as started. */
interface ServerOptions {
  readonly port: number
  /** The only CPU that the server may use; any if absent. */
  readonly cpu?: number
  /** The path at which it answers, with any status, once it is ready. */
  readonly path?: string
  /** Whether it is ready. By default it is ready when it answers HTTP. */
  readonly isReady?: () => Promise<boolean>
}

/** Servers run on one CPU and clients on another, so that the cost of a request can be measured. */
export const pinning = availableParallelism() > 1 && isInstalled('taskset') ? { server: 0, client: 1 } : undefined

/** The directory of all files of the benchmark. Removed when the process ends, even after a failure. */
export const directory = mkdtempSync(join(tmpdir(), 'ecr-local-bench-'))

const started = new Set<() => void>()
process.on('exit', () => {
  for (const kill of started) kill()
  rmSync(directory, { recursive: true, force: true, maxRetries: 5 })
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))

/** Starts a server and waits until it answers. */
export async function startServer(command: string, args: readonly string[], options: ServerOptions): Promise<Server> {
  const { port, cpu, path = '/', isReady } = options
  const begun = performance.now()
  const { child, ended, errors } = run(command, args, cpu, 'ignore')
  const url = `http://127.0.0.1:${port}`
  let isUp = false
  const dead = ended.then((code) => {
    if (!isUp) throw new Error(`${command} ${args.join(' ')} ended with ${String(code)}: ${errors()}`)
  })
  await Promise.race([ready(url, isReady ?? (() => answers(`${url}${path}`))), dead])
  isUp = true
  const answeredAfterMs = performance.now() - begun

  return {
    pid: child.pid ?? 0,
    port,
    url,
    answeredAfterMs,
    cpuSeconds: () => cpuSecondsOf(child.pid ?? 0),
    residentBytes: () => Number(/VmRSS:\s+(\d+) kB/.exec(ofProcess(child.pid ?? 0, 'status'))?.[1]) * 1024,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      const patience = setTimeout(() => child.kill('SIGKILL'), 8_000)
      await ended
      clearTimeout(patience)
    },
  }
}

const ofProcess = (pid: number, file: string) => readFileSync(`/proc/${pid}/${file}`, 'utf8')

/** How many ticks of the kernel's clock are a second; the same on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100

/** Read from /proc/<pid>/stat, whose fields 14 and 15 are user and system time (proc_pid_stat(5)). */
function cpuSecondsOf(pid: number): number {
  const stat = ofProcess(pid, 'stat')
  // The second field is the name in parentheses, which may contain spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const own = (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
  return childrenOf(pid).reduce((sum, child) => sum + cpuSecondsOf(child), own)
}

const childrenOf = (pid: number) => ofProcess(pid, `task/${pid}/children`).trim().split(' ').filter(Boolean).map(Number)

/** Ends a process and those that it has started, which would survive it. */
function killAll(pid: number): void {
  try {
    const children = childrenOf(pid)
    process.kill(pid, 'SIGKILL')
    for (const child of children) killAll(child)
  } catch {
    // It has ended.
  }
}

/** Runs a client to its end and returns its output. Without a CPU of its own it shares all of them with the servers. */
export async function runClient(command: string, args: readonly string[], cpu?: number): Promise<string> {
  const { child, ended, errors } = run(command, args, cpu, 'pipe')
  let output = ''
  child.stdout?.on('data', (text: Buffer) => (output += text.toString()))
  const bound = setTimeout(() => child.kill('SIGKILL'), 120_000)
  const code = await ended
  clearTimeout(bound)
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${String(code)}: ${errors()}${output}`)
  return output
}

function run(command: string, args: readonly string[], cpu: number | undefined, output: 'ignore' | 'pipe') {
  const pinned = cpu === undefined || !pinning ? [command, ...args] : ['taskset', '-c', String(cpu), command, ...args]
  const [program = command, ...rest] = pinned
  const env = { ...neutralEnvironment(), PATH: `${process.env.PATH ?? ''}:/usr/sbin` }
  const child = spawn(program, rest, { stdio: ['ignore', output, 'pipe'], env, cwd: directory })
  const kill = () => killAll(child.pid ?? 0)
  started.add(kill)
  let said = ''
  child.stderr?.on('data', (text: Buffer) => (said = (said + text.toString()).slice(-2000)))
  const ended = once(child, 'close').then(([code]: (number | null)[]) => {
    started.delete(kill)
    return code ?? null
  })
  return { child, ended, errors: () => said }
}

async function ready(url: string, isReady: () => Promise<boolean>): Promise<void> {
  const until = performance.now() + 60_000
  while (performance.now() < until) {
    if (await isReady()) return
    await sleep(2)
  }
  throw new Error(`Nothing answers at ${url}`)
}

const answers = (url: string) =>
  new Promise<boolean>((resolve) => {
    const request = get(url, { agent: false }, (response) => {
      response.resume()
      resolve(true)
    })
    request.on('error', () => resolve(false))
  })

/** A free port. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
