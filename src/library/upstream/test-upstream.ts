import type { Accounts } from '../../access/credentials.js'
import type { Settings } from '../../config/config.js'
import { UsageError } from '../../config/usage-error.js'
import { type Duration, millisecondsOf } from '../duration.js'
import { type ActiveFault, activeFault, type ActiveFaults, activeFaults, type FaultScope } from './active-faults.js'
import { imageMatcher } from './image-matcher.js'
import { refusingServer } from './refusing-server.js'
import { type RequestFilter, requestLog, type UpstreamRequest } from './request-log.js'
import { type Content, noContent } from './upstream-content.js'
import { type Fault, reset, slowly, status, tooManyRequests, truncate, wrongDigest } from './upstream-faults.js'
import { type ImageDigest, requiredDigest, type UpstreamImages, upstreamImages } from './upstream-images.js'
import { answerTo, serve } from './upstream-server.js'

/**
 * The upstream of a test: a registry in memory behind every upstream host that a pull through cache rule may name. It
 * serves the images that the test has made, remembers what it was asked, and misbehaves on demand. Of several faults
 * that apply to a request the latest counts.
 */
export interface TestUpstream extends UpstreamImages {
  /** For example `http://127.0.0.1:49152`: clients can pull from it directly, without a login. */
  readonly endpoint: string
  /** Its own host, which a rule may name as its upstream, too. */
  readonly host: string
  /** The ARN of a secret for rules of upstreams that require one: `registry-1.docker.io`, `ghcr.io` … */
  readonly credentialArn: string

  /** The requests since the start or the last `reset`, oldest first. */
  requests(filter?: RequestFilter): UpstreamRequest[]
  /** How many requests there were. */
  count(filter?: RequestFilter): number

  /** Answers 429, with Retry-After (seconds or a date) if that is given. */
  rateLimit(options?: RateLimit): ActiveFault
  /** Answers with the status of an error, 503 unless given. */
  outage(options?: Outage): ActiveFault
  /** Resets the connection in place of an answer. */
  resetConnections(scope?: FaultScope): ActiveFault
  /** Stops listening, so that every connection is refused, until it is lifted. */
  refuseConnections(): ActiveFault
  /** Answers late, or sends bodies slowly, or both. */
  slow(options: Slowness): ActiveFault
  /** Sends bytes that do not match their digest. */
  wrongDigest(scope?: FaultScope): ActiveFault
  /** Sends the first bytes of a body and closes the connection. */
  truncate(options?: Truncation): ActiveFault
  /** Moves a tag after the next HEAD request for it was answered: a GET that follows gets another image. */
  moveAfterHead(repository: string, tag: string, image: ImageDigest): ActiveFault
  /** Lifts every fault. */
  recover(): void
  /** Lifts every fault, and forgets all images and requests. */
  reset(): void
}

/** A fault that answers 429. */
export interface RateLimit extends FaultScope {
  /** The header Retry-After: seconds, or a moment. */
  readonly retryAfter?: number | Date
}

/** A fault that answers with the status of an error. */
export interface Outage extends FaultScope {
  readonly status?: number
  /** The code and the message of the error in the body; `UNAVAILABLE` unless given. */
  readonly code?: string
  readonly message?: string
}

/** A fault that answers slowly. */
export interface Slowness extends FaultScope {
  /** How long every answer takes to begin. */
  readonly latency?: Duration
  readonly bytesPerSecond?: number
}

/** A fault that cuts bodies off. */
export interface Truncation extends FaultScope {
  /** How many bytes are sent; half of the body unless given. */
  readonly afterBytes?: number
}

/** An upstream that runs, until it is closed. */
export interface RunningUpstream extends TestUpstream {
  close(): Promise<void>
}

/** Starts the upstream of a test on a free port of loopback. */
export async function startTestUpstream({
  credentialArn,
}: Pick<TestUpstream, 'credentialArn'>): Promise<RunningUpstream> {
  const content = noContent()
  const isOf = imageMatcher(content)
  const [log, faults] = [requestLog(isOf), activeFaults(isOf)]
  const server = await refusingServer((request, response) => {
    const entry = log.received(request)
    const onHead = (sent: number) => void (entry.status = sent)
    void serve(answerTo(request, content), { request, response, onHead }, faults.take(entry))
  })
  const host = `127.0.0.1:${server.port}`
  const recover = () => {
    faults.lift()
    server.accept()
  }
  const images = upstreamImages(content)
  return {
    endpoint: `http://${host}`,
    host,
    credentialArn,
    ...images,
    ...demands(faults, content, images),
    requests: (filter = {}) => log.matching(filter),
    count: (filter = {}) => log.matching(filter).length,
    refuseConnections: () => {
      server.refuse()
      return activeFault(() => server.accept())
    },
    recover,
    reset() {
      recover()
      log.clear()
      Object.values(content).forEach((kept: Map<string, unknown>) => kept.clear())
    },
    close: () => server.close(),
  }
}

type Demands = Pick<
  TestUpstream,
  'rateLimit' | 'outage' | 'resetConnections' | 'slow' | 'wrongDigest' | 'truncate' | 'moveAfterHead'
>

/** The faults that are functions of the answer. */
const demands = (faults: ActiveFaults, content: Content, images: UpstreamImages): Demands => ({
  rateLimit: ({ retryAfter, ...scope } = {}) => faults.add(tooManyRequests(requiredRetryAfter(retryAfter)), scope),
  outage: ({ status: code = 503, code: error = 'UNAVAILABLE', message = 'unavailable', ...scope } = {}) =>
    faults.add(status(requiredStatus(code), { error, message }), scope),
  resetConnections: (scope = {}) => faults.add(reset(), scope),
  slow: ({ latency = 0, bytesPerSecond = Infinity, ...scope }) =>
    faults.add(slowly(millisecondsOf(latency), positive(bytesPerSecond)), scope),
  wrongDigest: (scope = {}) => faults.add(wrongDigest(), { method: 'GET', ...scope }),
  truncate: ({ afterBytes, ...scope } = {}) =>
    faults.add(truncate(requiredLength(afterBytes)), { method: 'GET', ...scope }),
  moveAfterHead: (repository, tag, image) => {
    const digest = requiredDigest(content, repository, image)
    const move: Fault = (reply) => {
      images.tag(repository, tag, digest)
      return reply
    }
    return faults.add(move, { image: `${repository}:${tag}`, kind: 'manifest', method: 'HEAD', times: 1 })
  },
})

// What a fault sends is checked here: an error of Node while it is sent would end the process of the test.

function positive(bytesPerSecond: number): number {
  if (bytesPerSecond > 0) return bytesPerSecond
  throw new UsageError(`bytesPerSecond is a number greater than 0, not ${bytesPerSecond}`)
}

function requiredStatus(code: number): number {
  if (Number.isInteger(code) && code >= 400 && code <= 599) return code
  throw new UsageError(`status is that of an error, from 400 to 599, not ${code}`)
}

function requiredRetryAfter(retryAfter: number | Date | undefined): number | Date | undefined {
  if (retryAfter === undefined || Number(retryAfter) >= 0) return retryAfter
  throw new UsageError(`retryAfter is a number of seconds, 0 or more, or a Date, not ${JSON.stringify(retryAfter)}`)
}

function requiredLength(bytes: number | undefined): number | undefined {
  if (bytes === undefined || (Number.isSafeInteger(bytes) && bytes >= 0)) return bytes
  throw new UsageError(`afterBytes is a whole number, 0 or more, not ${bytes}`)
}

/** The name of the secret that rules may use; each account of the configuration has it. */
const SECRET = 'ecr-pullthroughcache/upstream'

/** The ARN of the secret that rules may use, in an account and Region. */
export const credentialArnOf = (account: string, region: string): string =>
  `arn:aws:secretsmanager:${region}:${account}:secret:${SECRET}`

/**
 * Settings with the upstream behind every host that they do not place elsewhere, so that no pull leaves the machine,
 * and with its secret in each account.
 */
export function withTestUpstream(settings: Settings, account: string, { endpoint, host }: TestUpstream): Settings {
  const all: Accounts = { [account]: {}, ...settings.accounts }
  const accounts = Object.entries(all).map(([id, described]) => [
    id,
    { ...described, secrets: { [SECRET]: { username: 'test', accessToken: 'test' }, ...described.secrets } },
  ])
  return {
    ...settings,
    upstreams: { '*': { endpoint }, [host]: { endpoint }, ...settings.upstreams },
    accounts: Object.fromEntries(accounts) as Accounts,
  }
}
