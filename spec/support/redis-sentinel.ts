import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startProcess } from './background-process.js'
import { freePort } from './free-port.js'
import { disposeAll, untilRedisSays } from './redis-answers.js'
import { type RedisProcess, startRedis } from './redis.js'
import { neutralEnvironment } from './run-command.js'
import { temporaryDirectory } from './temporary-directory.js'

/** One master, two replicas and three sentinels, of which two must agree that the master has been down for a second. */
export interface RedisSentinel extends AsyncDisposable {
  /** `redis-sentinel://a,b,c/mymaster` */
  readonly url: string
  /** The first one is the master until a failover. */
  readonly servers: readonly RedisProcess[]
  readonly sentinels: readonly Sentinel[]
}

/** A sentinel that a spec can pause, kill and restart. */
export interface Sentinel extends AsyncDisposable {
  readonly port: number
  /** Sends SIGSTOP: the sentinel accepts connections and does not answer. */
  pause(): void
  resume(): void
  kill(): Promise<void>
  /** Restarts the sentinel with its earlier state. */
  restart(): Promise<void>
}

/** Starts all six and returns once the sentinels know each other and both replicas are in sync. */
export async function startRedisSentinel(): Promise<RedisSentinel> {
  const started: AsyncDisposable[] = []
  const dispose = async () => void (await disposeAll(started))
  try {
    const master = await startRedis()
    started.push(master)
    const args = ['--replicaof', '127.0.0.1', String(master.port)]
    const replicas = [await startRedis({ args }), await startRedis({ args })]
    started.push(...replicas)
    await untilRedisSays(master.port, ['info', 'replication'], (text) => count(text, /state=online/g) === 2)
    const directory = await temporaryDirectory()
    started.push(directory)
    const ports = [await freePort(), await freePort(), await freePort()]
    const sentinels: Sentinel[] = []
    for (const port of ports) sentinels.push(await startSentinel(directory.path, port, master.port))
    started.push(...sentinels)
    const isKnown = (text: string) => text.includes('num-slaves\n2\n') && text.includes('num-other-sentinels\n2\n')
    for (const port of ports) await untilRedisSays(port, ['sentinel', 'master', 'mymaster'], isKnown)
    const url = `redis-sentinel://${ports.map((port) => `127.0.0.1:${port}`).join(',')}/mymaster`
    return { url, servers: [master, ...replicas], sentinels, [Symbol.asyncDispose]: dispose }
  } catch (error) {
    await dispose()
    throw error
  }
}

async function startSentinel(directory: string, port: number, master: number): Promise<Sentinel> {
  const file = join(directory, `${port}.conf`)
  const lines = [
    `port ${port}`,
    'bind 127.0.0.1',
    `dir ${directory}`,
    `sentinel monitor mymaster 127.0.0.1 ${master} 2`,
    'sentinel down-after-milliseconds mymaster 1000',
    'sentinel failover-timeout mymaster 3000',
  ]
  await writeFile(file, `${lines.join('\n')}\n`)
  const start = () => startProcess('redis-sentinel', [file], { ready: /\+monitor master/, env: neutralEnvironment() })
  let running = await start()
  const signal = (name: NodeJS.Signals) => void process.kill(running.pid, name)
  const kill = async () => void (await running.stop('SIGKILL'))
  return {
    port,
    pause: () => signal('SIGSTOP'),
    resume: () => signal('SIGCONT'),
    kill,
    restart: async () => void (running = await start()),
    [Symbol.asyncDispose]: kill,
  }
}

const count = (text: string, what: RegExp) => text.match(what)?.length ?? 0
