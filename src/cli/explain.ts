import picocolors from 'picocolors'
import type { Config } from '../config.js'
import { UsageError } from '../config/usage-error.js'
import { type Explanation, explanationText, type Refusals, refusalsText } from './explanation.js'

/**
 * Asks the emulator that runs with these settings why a request was answered or refused, and puts it in words; without
 * an id it lists the latest refusals. Throws UsageError where no emulator answers, and where it does not know the request.
 */
export async function explain(
  { host, port, tlsCert, adminToken }: Pick<Config, 'host' | 'port' | 'tlsCert' | 'adminToken'>,
  requestId: string | undefined,
  isColored = picocolors.isColorSupported,
): Promise<string> {
  if (port === 0) throw new UsageError('Which emulator is asked? Give its port with --port: 0 is none')
  const endpoint = `${tlsCert === undefined ? 'http' : 'https'}://${clientHost(host)}:${port}`
  const query = requestId === undefined ? '' : `?${new URLSearchParams({ requestId }).toString()}`
  const { status, body } = await ask(endpoint, query, adminToken)
  if (status === 200 && isExplanation(body)) return explanationText(body, isColored)
  if (status === 200 && isList(body)) return refusalsText(body, isColored)
  if (isRefusal(body)) throw new UsageError([body.message, body.incomplete].filter(Boolean).join(' '))
  throw new UsageError(
    `What answers at ${endpoint} is no ecr-local of this version: name another with --host and --port`,
  )
}

async function ask(endpoint: string, query: string, token?: string): Promise<{ status: number; body: unknown }> {
  const headers = new Headers(token === undefined ? [] : [['authorization', `Bearer ${token}`]])
  const answer = await fetch(`${endpoint}/_admin/explain${query}`, { headers }).catch((error: unknown) => {
    throw new UsageError(silence(endpoint, error))
  })
  const text = await answer.text().catch(() => '')
  return { status: answer.status, body: jsonIn(text) }
}

/** Why nothing was answered; fetch itself only says that it failed, and keeps the reason as its cause. */
function silence(endpoint: string, error: unknown): string {
  const { code = '' } = Object((error as Error).cause) as { code?: string }
  return /CERT|SELF_SIGNED|ISSUER|VERIFY/.test(code)
    ? `The certificate at ${endpoint} is not trusted (${code}): name its authority in NODE_EXTRA_CA_CERTS`
    : `No emulator answers at ${endpoint}: start one, or name the one that runs with --host and --port`
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Addresses that mean all are none to ask. */
function clientHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost'
  return host.includes(':') ? `[${host}]` : host
}

const has = (body: unknown, name: string) => typeof body === 'object' && body !== null && Object.hasOwn(body, name)
const isExplanation = (body: unknown): body is Explanation => has(body, 'requestId') && has(body, 'decisions')
const isList = (body: unknown): body is Refusals => has(body, 'refused')
const isRefusal = (body: unknown): body is { message: string; incomplete?: string } => has(body, 'message')
