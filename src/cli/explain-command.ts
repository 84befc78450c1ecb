import picocolors from 'picocolors'
import type { Config } from '../config/config.js'
import { UsageError } from '../config/usage-error.js'
import { requestPlane } from './plane-client.js'
import { type Explanation, explanationText, type Refusals, refusalsText } from './explanation-text.js'

/** How the explanation is written: as JSON, or as text with or without colours. */
interface ExplainOptions {
  readonly json?: boolean
  readonly isColored?: boolean
}

/**
 * Asks the emulator that runs with these settings why a request was answered or refused, and returns the explanation as
 * text; without an id it lists the latest refusals. Throws UsageError if no emulator answers or it does not know the
 * request.
 */
export async function explain(
  settings: Pick<Config, 'host' | 'port' | 'tlsCert' | 'adminToken'>,
  requestId: string | undefined,
  { json = false, isColored = picocolors.isColorSupported }: ExplainOptions = {},
): Promise<string> {
  if (settings.port === 0)
    throw new UsageError('Which emulator should be asked? Give its port with --port: 0 is not a port')
  const query = requestId === undefined ? '' : `?${new URLSearchParams({ requestId }).toString()}`
  const { endpoint, status, body } = await requestPlane(settings, `/_admin/explain${query}`)
  if (json && status === 200 && (isExplanation(body) || isList(body))) return `${JSON.stringify(body)}\n`
  if (status === 200 && isExplanation(body)) return explanationText(body, isColored)
  if (status === 200 && isList(body)) return refusalsText(body, isColored)
  if (isRefusal(body)) throw new UsageError([body.message, body.incomplete].filter(Boolean).join(' '))
  throw new UsageError(
    `The program at ${endpoint} is not an ecr-local of this version: name another with --host and --port`,
  )
}

const has = (body: unknown, name: string) => typeof body === 'object' && body !== null && Object.hasOwn(body, name)
const isExplanation = (body: unknown): body is Explanation => has(body, 'requestId') && has(body, 'decisions')
const isList = (body: unknown): body is Refusals => has(body, 'refused')
const isRefusal = (body: unknown): body is { message: string; incomplete?: string } => has(body, 'message')
