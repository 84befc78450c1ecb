import picocolors from 'picocolors'
import type { Config } from '../config.js'
import { UsageError } from '../config/usage-error.js'
import { type Explanation, explanationText, type Refusals, refusalsText } from './explanation.js'

/**
 * Asks the emulator that runs with these settings why a request was answered or refused, and puts it in words; without
 * an id it lists the latest refusals. Throws UsageError where no emulator answers, and where it does not know the request.
 */
export async function explain(
  { host, port }: Pick<Config, 'host' | 'port'>,
  requestId: string | undefined,
  isColored = picocolors.isColorSupported,
): Promise<string> {
  if (port === 0) throw new UsageError('Which emulator is asked? Give its port with --port: 0 is none')
  const endpoint = `http://${clientHost(host)}:${port}`
  const query = requestId === undefined ? '' : `?${new URLSearchParams({ requestId }).toString()}`
  const { status, body } = await ask(endpoint, query)
  if (status === 200 && isExplanation(body)) return explanationText(body, isColored)
  if (status === 200 && isList(body)) return refusalsText(body, isColored)
  if (isRefusal(body)) throw new UsageError([body.message, body.incomplete].filter(Boolean).join(' '))
  throw new UsageError(
    `What answers at ${endpoint} is no ecr-local of this version: name another with --host and --port`,
  )
}

async function ask(endpoint: string, query: string): Promise<{ status: number; body: unknown }> {
  const answer = await fetch(`${endpoint}/_admin/explain${query}`).catch(() => {
    throw new UsageError(
      `No emulator answers at ${endpoint}: start one, or name the one that runs with --host and --port`,
    )
  })
  const text = await answer.text().catch(() => '')
  return { status: answer.status, body: jsonIn(text) }
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
