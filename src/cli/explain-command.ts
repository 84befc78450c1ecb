import picocolors from 'picocolors'
import type { Config } from '../config/config.js'
import { UsageError } from '../config/usage-error.js'
import { hasMember, isRefusal, notEcrLocal, requestPlane } from './plane-client.js'
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
  const query = requestId === undefined ? '' : `?${new URLSearchParams({ requestId }).toString()}`
  const { endpoint, status, body } = await requestPlane(settings, `/_admin/explain${query}`)
  if (json && status === 200 && (isExplanation(body) || isList(body))) return `${JSON.stringify(body)}\n`
  if (status === 200 && isExplanation(body)) return explanationText(body, isColored)
  if (status === 200 && isList(body)) return refusalsText(body, isColored)
  if (isRefusal(body)) throw new UsageError([body.message, body.incomplete].filter(Boolean).join(' '))
  throw notEcrLocal(endpoint)
}

const isExplanation = (body: unknown): body is Explanation =>
  hasMember(body, 'requestId') && hasMember(body, 'decisions')
const isList = (body: unknown): body is Refusals => hasMember(body, 'refused')
