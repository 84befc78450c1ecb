import { readFileSync } from 'node:fs'
import { type IncomingMessage, request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { dirname, join } from 'node:path'
import { rootCertificates } from 'node:tls'
import { clientHost } from '../compose/plane-addresses.js'
import type { Config } from '../config/config.js'
import { UsageError } from '../config/usage-error.js'
import { codeOf, isTrustError, noAnswerText } from './connection-errors.js'
import { printable } from './fitted-line.js'

type Settings = Pick<Config, 'host' | 'port' | 'tlsCert' | 'adminToken'>

/** A plane's answer, and its endpoint. */
export interface PlaneAnswer {
  readonly endpoint: string
  readonly status: number
  readonly text: string
  /** Undefined if the body is not JSON. */
  readonly body: unknown
}

/** When an answer that does not end is read far enough. */
export interface ReadUntil {
  /** Asked whenever a line has arrived. */
  readonly isComplete: (text: string) => boolean
  /** After how many milliseconds what has arrived is all that is read. */
  readonly withinMs: number
}

/** Nothing answered: the message is for the user. */
export class NoAnswer extends UsageError {
  constructor(
    message: string,
    /** Whether nothing listens at the address, so that most likely nothing was started. */
    readonly isRefusedConnection: boolean,
  ) {
    super(message)
  }
}

/** How long an answer may take: a plane that runs gives any within seconds, and another program may give none. */
const WITHIN_MS = 15_000

/** More than the longest answer of a plane. Another program may send without end. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024

/** Where `ecr-local certs` writes its authority by default. */
const AUTHORITY_FILES = ['ca.crt', join('certs', 'ca.crt')]

/**
 * Sends a GET to the control plane that runs with these settings, over http or https, whichever it serves, so that TLS
 * settings need not be repeated. Of an answer that does not end it reads as much as `until` says. Trusts the
 * authorities of this machine and the one that `ecr-local certs` made. Throws NoAnswer with the reason if nothing
 * answers, and UsageError if the settings name no port.
 */
export async function requestPlane(settings: Settings, path: string, until?: ReadUntil): Promise<PlaneAnswer> {
  if (settings.port === 0)
    throw new UsageError('Which emulator should be asked? Give its port with --port: 0 is not a port')
  const host = `${clientHost(settings.host)}:${settings.port}`
  const schemes = settings.tlsCert === undefined ? (['http', 'https'] as const) : (['https', 'http'] as const)
  const failures: { readonly endpoint: string; readonly error: unknown }[] = []
  for (const scheme of schemes) {
    const endpoint = `${scheme}://${host}`
    try {
      return await askAt(endpoint, path, settings, until)
    } catch (error) {
      failures.push({ endpoint, error })
      if (['ECONNREFUSED', 'ETIMEDOUT'].includes(codeOf(error))) break
    }
  }
  const failure = failures.find(({ error }) => isTrustError(error)) ?? failures[0]
  throw new NoAnswer(
    failure ? noAnswerText(failure.endpoint, failure.error) : host,
    codeOf(failure?.error) === 'ECONNREFUSED',
  )
}

/** Whether the body of an answer has a member of this name, by which its kind is known. */
export const hasMember = <N extends string>(body: unknown, name: N): body is Record<N, unknown> =>
  typeof body === 'object' && body !== null && Object.hasOwn(body, name)

/** The same, if the member is a list. */
export const hasList = (body: unknown, name: string): boolean => hasMember(body, name) && Array.isArray(body[name])

/** Whether the body of an answer says why there is no other. */
export const isRefusal = (body: unknown): body is { message: string; incomplete?: string } =>
  hasMember(body, 'message') && typeof body.message === 'string'

/** What to tell the user if an emulator refuses to tell what it does. */
export const refusesToTell = (endpoint: string, { message }: { readonly message: string }): UsageError =>
  new UsageError(`An emulator runs at ${endpoint}, and does not tell more: ${printable(message)}`)

/** What to tell the user if the answer is in no form that this version knows. */
export const notEcrLocal = (endpoint: string): UsageError =>
  new UsageError(`The program at ${endpoint} is not an ecr-local of this version: name another with --host and --port`)

/** Tries the machine's own authorities first, `NODE_EXTRA_CA_CERTS` included: a `ca` option would replace them. */
async function askAt(endpoint: string, path: string, settings: Settings, until?: ReadUntil): Promise<PlaneAnswer> {
  try {
    return await get(endpoint, path, settings, { until })
  } catch (error) {
    const own = isTrustError(error) ? authorities(settings) : []
    if (own.length === 0) throw error
    return get(endpoint, path, settings, { until, ca: [...rootCertificates, ...own] })
  }
}

interface GetOptions {
  readonly until: ReadUntil | undefined
  readonly ca?: string[]
}

function get(
  endpoint: string,
  path: string,
  { adminToken }: Settings,
  { until, ca }: GetOptions,
): Promise<PlaneAnswer> {
  const headers = adminToken === undefined ? {} : { authorization: `Bearer ${adminToken}` }
  return new Promise((resolve, reject) => {
    const take = (answer: IncomingMessage) => {
      const chunks: Buffer[] = []
      let bytes = 0
      const textSoFar = () => Buffer.concat(chunks).toString()
      const end = () => {
        const text = textSoFar()
        clearTimeout(patience)
        resolve({ endpoint, status: answer.statusCode ?? 0, text, body: jsonIn(text) })
      }
      answer.on('data', (chunk: Buffer) => {
        chunks.push(chunk)
        bytes += chunk.length
        if (bytes > MAX_ANSWER_BYTES) return void request.destroy(failed('EMSGSIZE', 'the answer is too long'))
        if (chunk.at(-1) === NEWLINE && until?.isComplete(textSoFar())) request.destroy()
      })
      answer.once('error', until ? end : reject).once('end', end)
    }
    const options = { headers, agent: false, ...(ca && { ca }) }
    const url = endpoint + path
    const request = endpoint.startsWith('https:') ? httpsRequest(url, options, take) : httpRequest(url, options, take)
    const giveUp = () => void request.destroy(failed('ETIMEDOUT', 'no answer in time'))
    const patience = setTimeout(giveUp, until?.withinMs ?? WITHIN_MS).unref()
    request.once('error', reject).end()
  })
}

const NEWLINE = 10

const failed = (code: string, message: string) => Object.assign(new Error(message), { code })

/** The authorities next to the configured certificate and in the working directory. */
function authorities({ tlsCert }: Settings): string[] {
  const files = [...(tlsCert === undefined ? [] : [join(dirname(tlsCert), 'ca.crt')]), ...AUTHORITY_FILES]
  return [...new Set(files)].flatMap((file) => {
    try {
      return [readFileSync(file, 'utf8')]
    } catch {
      return []
    }
  })
}

/** The value of a JSON text; undefined if it is none. */
export function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
