import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type BackgroundProcess, startProcess } from './background-process.js'
import { freePort } from './free-port.js'
import { neutralEnvironment } from './run-command.js'
import { temporaryDirectory } from './temporary-directory.js'

/** A real redis-server that belongs to the spec and can be paused, killed and restarted. */
export interface RedisProcess extends AsyncDisposable {
  /** `redis://127.0.0.1:<port>` */
  readonly url: string
  /** Stays the same after a restart. */
  readonly port: number
  /** The current process, or the last one. */
  readonly process: BackgroundProcess
  readonly dataDir: string
  /** Sends SIGKILL; `restart` starts the server again. */
  kill(): Promise<void>
  /** Sends SIGSTOP: connections stay open and no command is answered. */
  pause(): void
  resume(): void
  /** Stops the server if it runs and starts it on the same port, with the data it has written or with none. */
  restart(options?: { empty?: boolean }): Promise<void>
}

export interface RedisOptions {
  /** Whether an append-only file keeps the data across restarts; otherwise every restart is empty. */
  appendonly?: boolean
  /** Further arguments, such as `['--requirepass', 'x']`. */
  args?: readonly string[]
}

/**
 * Writes to the file before every answer, so that a kill loses nothing. With `everysec`, Redis answers without having
 * written for up to two seconds while a sync takes long, as on a busy disk.
 */
const KEPT = ['--appendonly', 'yes', '--appendfsync', 'no']

/** Starts redis-server on a free port of 127.0.0.1 with its own directory. */
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
