import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { directory, runClient } from './processes.js'

/** One request, repeated on every connection. */
export interface Load {
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  /** If set, the request is a POST. */
  readonly body?: string
  readonly connections: number
  /** The only CPU that wrk may use; by default it shares all of them with the servers. */
  readonly cpu?: number
}

/** What wrk has counted in one run. */
export interface Measured {
  readonly requests: number
  /** Of the answers, with their headers. */
  readonly bytes: number
  readonly perSecond: number
  readonly bytesPerSecond: number
}

let count = 0

/** Runs wrk with one thread. Throws if any request failed, because the round is then not a valid measurement. */
export async function wrk({ url, headers = {}, body, connections, cpu }: Load, seconds: number): Promise<Measured> {
  const script = join(directory, `request-${++count}.lua`)
  // wrk writes a Host header of its own. A second one would break the signature.
  const ownHeaders = Object.entries(headers).filter(([name]) => name !== 'host')
  const lines = ownHeaders.map(([name, value]) => `wrk.headers[${lua(name)}] = ${lua(value)}`)
  if (body !== undefined) lines.push('wrk.method = "POST"', `wrk.body = ${lua(body)}`)
  await writeFile(script, [...lines, summary].join('\n'))

  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '30s', '-s', script, url]
  const output = await runClient('wrk', args, cpu)
  const [requests = 0, microseconds = 1, bytes = 0, failed = 0] =
    /RESULT (\d+) (\d+) (\d+) (\d+)/.exec(output)?.slice(1).map(Number) ?? []
  if (failed > 0 || bytes === 0) throw new Error(`${url}: ${failed} of ${requests} requests failed\n${output}`)
  const measuredSeconds = microseconds / 1e6
  return { requests, bytes, perSecond: requests / measuredSeconds, bytesPerSecond: bytes / measuredSeconds }
}

const WARM_UP = { requests: 15_000, rounds: 8 }

/** Sends requests before the first round of a measurement, because V8 optimizes a function only once it is hot. */
export async function warmUp(load: Load, processes = 1): Promise<void> {
  let sent = 0
  for (let round = 0; round < WARM_UP.rounds && sent < WARM_UP.requests * processes; round++)
    sent += (await wrk(load, 1)).requests
}

const summary = `done = function(summary)
  local e = summary.errors
  local failed = e.status + e.connect + e.read + e.write + e.timeout
  io.write(string.format("RESULT %.0f %.0f %.0f %.0f\\n", summary.requests, summary.duration, summary.bytes, failed))
end`

const lua = (text: string) => JSON.stringify(text)
