import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { directory, freePort, type Server, startServer } from './processes.js'

/** A running redis-server. */
export interface RedisServer extends Server {
  /** The URL for `--store`. */
  readonly storeUrl: string
  /** Sends a command and returns the raw answer. */
  readonly ask: (command: string) => Promise<string>
}

let count = 0

/** Creates a directory for the append-only file of a redis-server. */
export async function redisDirectory(): Promise<string> {
  const path = join(directory, `redis-${++count}`)
  await mkdir(path)
  return path
}

/**
 * Starts redis-server with an append-only file, synced every second, in this directory. Loads the file that is there
 * already.
 */
export async function redisServer(dataDir: string): Promise<RedisServer> {
  const port = await freePort()
  const ask = (command: string) => sendCommand(port, command)
  const isReady = async () => (await ask('PING').catch(() => '')).startsWith('+PONG')
  const flags = ['--port', String(port), '--bind', '127.0.0.1', '--dir', dataDir, '--save', '', '--appendonly', 'yes']
  const server = await startServer('redis-server', flags, { port, isReady })
  return { ...server, storeUrl: `redis://127.0.0.1:${port}`, ask }
}

async function sendCommand(port: number, command: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    socket.write(`${command}\r\n`)
    let answer = ''
    for await (const bytes of socket) {
      answer += String(bytes)
      if (isWhole(answer)) return answer
    }
    return answer
  } finally {
    socket.destroy()
  }
}

/** Whether an answer is complete: a status, error or number in one line, or a text preceded by its length. */
function isWhole(answer: string): boolean {
  const end = answer.indexOf('\r\n')
  if (end < 0) return false
  return answer.startsWith('$') ? answer.length >= end + 4 + Number(answer.slice(1, end)) : true
}

/** A number from the answer to `INFO`. */
export async function infoOf({ ask }: RedisServer, name: string): Promise<number> {
  const value = new RegExp(`^${name}:(\\d+)`, 'm').exec(await ask('INFO'))?.[1]
  if (value === undefined) throw new Error(`INFO of redis-server has no ${name}`)
  return Number(value)
}
