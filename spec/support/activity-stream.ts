import { request } from 'undici'

/** An event of a stream as its client receives it. */
export interface ReceivedEvent {
  readonly event: string
  readonly id: string | undefined
  readonly data: unknown
}

/** A client of `GET /_admin/activity`, which reads the stream as the WHATWG specification says. */
export interface ActivityStream extends AsyncDisposable {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** Every event so far, in the order of arrival. */
  readonly received: readonly ReceivedEvent[]
  /** Comments so far. */
  readonly comments: readonly string[]
  /** Resolves when the server has ended the stream; rejects if the connection broke. */
  readonly ended: Promise<void>
  /** The data of the events of one name so far. */
  all<T>(event: string): T[]
  /** Resolves with the first event, arrived or still to come, for which `is` holds. */
  first<T>(event: string, is: (data: T) => boolean): Promise<T>
}

/** Connects to the activity of a control plane. */
export async function activityStream(
  endpoint: string,
  query = '',
  headers: Record<string, string> = {},
): Promise<ActivityStream> {
  const abort = new AbortController()
  const answer = await request(`${endpoint}/_admin/activity?${query}`, {
    headers,
    signal: abort.signal,
    bodyTimeout: 0,
  })
  if (answer.statusCode !== 200) throw new Error(`${answer.statusCode} ${await answer.body.text()}`)
  const received: ReceivedEvent[] = []
  const comments: string[] = []
  const waiting = new Set<() => void>()
  const ended = (async () => {
    let rest = ''
    for await (const chunk of answer.body.setEncoding('utf8') as AsyncIterable<string>) {
      const blocks = (rest + chunk).split('\n\n')
      rest = blocks.pop() ?? ''
      for (const block of blocks) take(block)
      waiting.forEach((check) => check())
    }
  })()
  ended.catch(() => {})

  function take(block: string): void {
    const fields = new Map<string, string>()
    for (const line of block.split('\n')) {
      const colon = line.indexOf(':')
      if (colon === 0) comments.push(line.slice(1).trim())
      else fields.set(line.slice(0, colon), line.slice(colon + 1).replace(/^ /, ''))
    }
    const [event, data] = [fields.get('event'), fields.get('data')]
    if (event !== undefined && data !== undefined)
      received.push({ event, id: fields.get('id'), data: JSON.parse(data) as unknown })
  }
  const all = <T>(event: string) => received.filter((one) => one.event === event).map(({ data }) => data as T)

  return {
    headers: answer.headers,
    received,
    comments,
    ended,
    all,
    first<T>(event: string, is: (data: T) => boolean) {
      let looked = 0
      return new Promise<T>((resolve) => {
        const check = () => {
          for (; looked < received.length; looked++) {
            const one = received[looked]
            if (one?.event !== event || !is(one.data as T)) continue
            waiting.delete(check)
            return resolve(one.data as T)
          }
        }
        waiting.add(check)
        check()
      })
    },
    async [Symbol.asyncDispose]() {
      abort.abort()
      await ended.catch(() => {})
    },
  }
}
