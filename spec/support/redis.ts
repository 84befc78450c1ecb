import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type BackgroundProcess, startProcess } from './background-process.js'
import { freePort } from './free-port.js'
import { neutralEnvironment } from './run-command.js'
import { temporaryDirectory } from './temporary-directory.js'

/** A real redis-server of a spec's own, and what can befall it. */
export interface RedisProcess extends AsyncDisposable {
  /** `redis://127.0.0.1:<port>` */
  readonly url: string
  /** The same after a restart. */
  readonly port: number
  /** The one that runs now, or ran last. */
  readonly process: BackgroundProcess
  readonly dataDir: string
  /** SIGKILL; `restart` brings it back. */
  kill(): Promise<void>
  /** SIGSTOP: connections stay open and nothing answers. */
  pause(): void
  resume(): void
  /** Ends it, if it runs, and starts it on the same port: with what it had written down, or with nothing. */
  restart(options?: { empty?: boolean }): Promise<void>
}

export interface RedisOptions {
  /** Keeps an append-only file, so that a restart finds everything; without it every restart is empty. */
  appendonly?: boolean
  /** Further arguments: `['--requirepass', 'x']`. */
  args?: readonly string[]
}

/**
 * Written to the file before every answer, so that a kill loses nothing. With `everysec`, Redis answers without having
 * written while a sync takes long, as it does on a busy disk, for up to two seconds.
 */
const KEPT = ['--appendonly', 'yes', '--appendfsync', 'no']

/** Starts redis-server on a free port of 127.0.0.1 with a directory of its own. */
export async function startRedis({ appendonly = false, args = [] }: RedisOptions = {}): Promise<RedisProcess> {
  const directory = await temporaryDirectory()
  const dataDir = join(directory.path, 'data')
  const port = await freePort()
  const flags = ['--port', String(port), '--bind', '127.0.0.1', '--dir', dataDir, '--save', '']
  const start = async () => {
    await mkdir(dataDir, { recursive: true })
    return startProcess('redis-server', [...flags, ...(appendonly ? KEPT : []), ...args], {
      ready: /Ready to accept connections/,
      env: neutralEnvironment(),
    })
  }
  let running = await start()
  const signal = (name: NodeJS.Signals) => void process.kill(running.pid, name)
  const kill = async () => void (await running.stop('SIGKILL'))
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    get process() {
      return running
    },
    dataDir,
    kill,
    pause: () => signal('SIGSTOP'),
    resume: () => signal('SIGCONT'),
    async restart({ empty = false } = {}) {
      await kill()
      if (empty) await rm(dataDir, { recursive: true, force: true })
      running = await start()
    },
    async [Symbol.asyncDispose]() {
      await kill()
      await directory[Symbol.asyncDispose]()
    },
  }
}
