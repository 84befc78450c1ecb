import { setTimeout as pause } from 'node:timers/promises'
import { mustRun, neutralEnvironment } from './run-command.js'

/** Returns what redis-cli prints for a command. */
export async function redisCli(port: number, ...command: string[]): Promise<string> {
  const env = neutralEnvironment()
  return (await mustRun('redis-cli', ['-h', '127.0.0.1', '-p', String(port), ...command], { env })).stdout
}

/** Repeats a command until the answer is accepted; throws with the last answer after ten seconds. */
export async function untilRedisSays(port: number, command: string[], isWanted: (answer: string) => boolean) {
  let answer = ''
  for (const startedAt = performance.now(); performance.now() - startedAt < 10_000; await pause(50)) {
    answer = await redisCli(port, ...command)
    if (isWanted(answer)) return
  }
  throw new Error(`redis-cli ${command.join(' ')} still says: ${answer}`)
}

/** Disposes of all of them concurrently. */
export const disposeAll = (things: readonly AsyncDisposable[]) =>
  Promise.all(things.map((thing) => thing[Symbol.asyncDispose]()))
