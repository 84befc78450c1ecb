import { Agent, request } from 'node:http'
import { median } from './rounds.js'

/** One request to be timed. */
export interface TimedRequest {
  readonly url: string
  readonly method?: 'GET' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

/**
 * The median time in milliseconds of `count` requests, sent one after another on one connection. Throws if a status is
 * not 200.
 */
export async function latency(count: number, next: (index: number) => TimedRequest): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  try {
    const times: number[] = []
    for (let index = -WARM_UP; index < count; index++) {
      const time = await timed(next(Math.abs(index)), agent)
      if (index >= 0) times.push(time)
    }
    return median(times)
  } finally {
    agent.destroy()
  }
}

const WARM_UP = 20

function timed({ url, method = 'GET', headers, body }: TimedRequest, agent: Agent): Promise<number> {
  const begun = performance.now()
  return new Promise((resolve, reject) => {
    const clientRequest = request(url, { method, headers, agent }, (answer) => {
      let text = ''
      answer.on('data', (bytes: Buffer) => (text += bytes.toString('latin1')))
      answer.once('end', () => {
        if (answer.statusCode === 200) resolve(performance.now() - begun)
        else reject(new Error(`${method} ${url}: ${answer.statusCode} ${text.slice(0, 300)}`))
      })
    })
    clientRequest.once('error', reject).end(body)
  })
}
