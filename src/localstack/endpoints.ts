import type { IncomingMessage } from 'node:http'
import type { HealthResponse } from '../server/health.js'
import { type InitStatus, type Stage, stages } from './init-status.js'

/** What the endpoints report about this process. */
export interface LocalstackDeps {
  /** Whether the store answers. Never rejects. */
  readonly isReady: () => Promise<boolean>
  readonly about: { readonly version: string }
  readonly initStatus: InitStatus
}

/** What LocalStack calls its variants (`community`, `pro`): this is none of them, and says so. */
const EDITION = 'ecr-local'

/** The services of which enough is served to call them available. ECR Public and IAM have one operation each. */
const SERVICES = ['ecr', 'sts']

/**
 * The endpoints by which tools that know LocalStack find out whether it is up: `/_localstack/health`, and
 * `/_localstack/init` with the progress of init scripts. The body is needed for `POST` only. Undefined for a path
 * outside `/_localstack`.
 * https://docs.localstack.cloud/aws/capabilities/networking/internal-endpoints/
 */
export async function answerLocalstack(
  { method = 'GET', url = '' }: Pick<IncomingMessage, 'method' | 'url'>,
  body: string,
  deps: LocalstackDeps,
): Promise<HealthResponse> {
  const [path = ''] = url.split('?', 1)
  const isRead = method === 'GET' || method === 'HEAD'
  if (path === HEALTH && method === 'POST') return act(body)
  if (path === HEALTH) return isRead ? health(deps) : notAllowed('GET, HEAD, POST')
  const [, name = ''] = STAGE_PATH.exec(path) ?? []
  const stage = stages.find((one) => one === name.toUpperCase())
  if (path !== INIT && stage === undefined) return json(404, { message: noSuchPath(name) })
  return isRead ? json(200, initOf(deps.initStatus, stage)) : notAllowed('GET, HEAD')
}

/** Whether a request is for an endpoint of this kind. */
export const isForLocalstack = ({ url = '' }: Pick<IncomingMessage, 'url'>): boolean => url.startsWith('/_localstack')

/** Whether the answer is no more than `/health` shows to everybody; that of the others names files of the user. */
export const isOpenToAll = ({ method, url = '' }: Pick<IncomingMessage, 'method' | 'url'>): boolean =>
  method !== 'POST' && url.split('?', 1)[0] === HEALTH

const HEALTH = '/_localstack/health'
const INIT = '/_localstack/init'
const STAGE_PATH = /^\/_localstack\/init\/([^/]+)$/

async function health({ isReady, about: { version } }: LocalstackDeps): Promise<HealthResponse> {
  const state = (await isReady()) ? 'available' : 'error'
  const services = Object.fromEntries(SERVICES.map((service) => [service, state]))
  return json(200, { services, edition: EDITION, version })
}

/** What one stage reports is the same as the whole, of that stage alone. */
function initOf({ isCompleted, scripts }: InitStatus, stage: Stage | undefined): object {
  if (stage) return { completed: isCompleted(stage), scripts: scripts.filter((script) => script.stage === stage) }
  return { completed: Object.fromEntries(stages.map((one) => [one, isCompleted(one)])), scripts }
}

/** LocalStack's `restart` and `kill` would let every program that reaches the port end this one. */
function act(body: string): HealthResponse {
  const value = jsonIn(body)
  const { action } = Object(value) as { action?: unknown }
  if (!isFilled(value)) return plain(400, 'invalid request')
  if (action !== 'restart' && action !== 'kill') return plain(200, 'ok')
  const instead = 'stop the process with a signal; POST /_admin/reset removes its state'
  return json(501, { message: `The action ${action} is not served: ${instead}` })
}

/** LocalStack refuses everything that is false in Python: an empty object, too. */
const isFilled = (value: unknown) => typeof value === 'object' && value !== null && Object.keys(value).length > 0

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const noSuchPath = (stage: string) =>
  stage === ''
    ? `There are ${HEALTH}, ${INIT} and ${INIT}/<stage>`
    : `There is no such stage: there are ${stages.map((one) => one.toLowerCase()).join(', ')}`

const notAllowed = (allow: string): HealthResponse => {
  const refusal = json(405, { message: `Only ${allow} is allowed here` })
  return { ...refusal, headers: { ...refusal.headers, allow } }
}

/** Scripts search the text of LocalStack's answer, such as `"ecr": "available"`, so the spaces are LocalStack's. */
const json = (statusCode: number, body: object): HealthResponse => ({
  statusCode,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body, undefined, 1).replace(/(,?)\n\s*/g, (_, comma: string) => (comma ? ', ' : '')),
})

const plain = (statusCode: number, body: string): HealthResponse => ({
  statusCode,
  headers: { 'content-type': 'text/plain; charset=utf-8' },
  body,
})
