import { UpstreamFailure } from '../../registry/ports/upstream.js'
import { type Answer, discard, failureFrom, header, isTransient } from './upstream-responses.js'
import type { WireRequest } from './upstream-connections.js'
import { follow } from './redirects.js'
import type { Login } from './upstream-login.js'
import { connectionFailure, type Deadline, retryAfterMs, retrying, Transient, within } from './retries.js'
import type { TokenSource } from './token-request.js'

/** A question to a registry, in its own terms. */
export interface Question {
  method: 'GET' | 'HEAD'
  /** Below `/v2/`. */
  path: string
  /** What the sentences call it: `library/nginx:latest`. */
  subject: string
  /** The repository whose `pull` scope it needs; none to ask for the registry itself. */
  repository?: string
  headers?: Record<string, string>
  lane?: WireRequest['lane']
  withinMs: number
}

/** Asks until there is an answer that is not worth another try; `read` belongs to the try. */
export type Ask = <T>(question: Question, read: (answer: Answer) => Promise<T>) => Promise<T>

/**
 * Asks one registry with one login: logs in when told to, follows redirects, tries again, all within the bound. Each try
 * has a place of its own (`takePlace`), which is free while the next one is waited for; blobs have theirs already.
 */
export function asking(
  source: TokenSource,
  login: Login,
  takePlace: (question: Question, signal: AbortSignal) => Promise<() => void>,
): Ask {
  const { host, limits, clock } = source
  return (question, read) =>
    within(question.withinMs, source, (deadline) =>
      retrying(
        async () => {
          let leave = () => {}
          try {
            if (question.lane !== 'blobs') leave = await takePlace(question, deadline.signal)
            const answer = await askLoggedIn(source, login, question, deadline)
            if (!isTransient(answer.status)) return await reading(answer, read)
            const wait = retryAfterMs(header(answer, 'retry-after'), clock.wall())
            throw new Transient(failureFrom(host, question.subject, answer), limits.tries, wait)
          } catch (error) {
            throw connectionFailure(host, question.subject, error, limits)
          } finally {
            leave()
          }
        },
        deadline,
        limits,
        source,
      ),
    )
}

/** An answer that is of no use must not keep its connection. */
async function reading<T>(answer: Answer, read: (answer: Answer) => Promise<T>): Promise<T> {
  try {
    return await read(answer)
  } catch (error) {
    discard(answer.body)
    throw error
  }
}

async function askLoggedIn(source: TokenSource, login: Login, question: Question, deadline: Deadline): Promise<Answer> {
  const { endpoint, connections, host, trusted } = source
  const { method, path, repository, headers = {}, lane = 'requests' } = question
  const scope = repository === undefined ? undefined : `repository:${repository}:pull`
  const url = new URL(`v2/${path}`, endpoint)
  const send = async () => {
    const sent = await untilAborted(login.authorization(scope), deadline.signal, host)
    const all = { ...headers, 'user-agent': 'ecr-local', ...(sent !== undefined && { authorization: sent }) }
    const request = { method, url, headers: all, signal: deadline.signal, lane }
    return { sent, answer: await follow(connections, request, host, trusted) }
  }
  const { sent, answer } = await send()
  if (answer.redirectedTo !== undefined || !wantsLogin(answer, sent, method)) return answer
  login.refused(scope, sent, answer.headers['www-authenticate'])
  return (await send()).answer
}

/** 401; and 400 for a token past its time, which is how public.ecr.aws says so (on HEAD without a word, oras-go#1227). */
function wantsLogin({ status, text, headers }: Answer, sent: string | undefined, method: string): boolean {
  if (status === 401) return true
  if (status !== 400 || !sent?.startsWith('Bearer ')) return false
  return method === 'HEAD' || /token[^"]*(?:invalid|expired)/i.test(`${text} ${String(headers['www-authenticate'])}`)
}

/** A token is requested for everyone who waits, so one of them running out of time must not end the request. */
async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal, host: string): Promise<T> {
  let abort = () => {}
  const late = new Promise<never>((_, reject) => {
    abort = () => reject(new UpstreamFailure('unavailable', `The upstream registry ${host} gave no token in time.`))
    signal.addEventListener('abort', abort, { once: true })
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
