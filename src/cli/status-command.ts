import picocolors from 'picocolors'
import { endpointOf } from '../compose/plane-addresses.js'
import { UsageError } from '../config/usage-error.js'
import type { Status } from '../control-plane/admin/status-route.js'
import { hasList, hasMember, isRefusal, NoAnswer, notEcrLocal, refusesToTell, requestPlane } from './plane-client.js'
import { type PlaneSettings, statisticsOf } from './planes-statistics.js'
import { statusText } from './status-text.js'

/** What `ecr-local status` shows, and whether an emulator runs. */
export interface StatusOutcome {
  readonly text: string
  readonly isRunning: boolean
}

/**
 * Asks the control plane that runs with these settings what it is and holds: a screen for people, or JSON. If nothing
 * answers, the text says what to type. Throws UsageError if what answers does not tell.
 */
export async function statusOf(
  config: PlaneSettings,
  { json, isColored = picocolors.isColorSupported }: { readonly json: boolean; readonly isColored?: boolean },
): Promise<StatusOutcome> {
  const status = await statusIfRunning(config)
  if (status === undefined) {
    const nothing = nothingRuns(config)
    return { isRunning: false, text: json ? nothing.json : nothing.text }
  }
  const lastHour = status.isReady ? await statisticsOf(config, 'hour') : undefined
  if (!json) return { isRunning: true, text: statusText(status, lastHour, isColored) }
  const { total, images } = lastHour ?? {}
  return {
    isRunning: true,
    text: jsonText({ isRunning: true, ...status, lastHour: total ? { ...total, images } : null }),
  }
}

/** What is said if nothing answers, as text and as JSON. */
export function nothingRuns(config: PlaneSettings): { readonly text: string; readonly json: string } {
  const endpoint = endpointOf(config)
  const message = `Nothing runs at ${endpoint}: start it with ecr-local start, or name another with --host and --port`
  return { text: `${message}\n`, json: jsonText({ isRunning: false, endpoint, message }) }
}

const jsonText = (value: object) => `${JSON.stringify(value, undefined, 2)}\n`

/** The status of the emulator that runs with these settings; undefined if nothing answers there. */
export async function statusIfRunning(config: PlaneSettings): Promise<Status | undefined> {
  try {
    const { endpoint, status, body } = await requestPlane(config, '/_admin/status')
    if (status === 200 && isStatus(body)) return body
    if (status === 401)
      throw new UsageError(
        `An emulator runs at ${endpoint}, and tells more only with its token: ${tokenAdvice(config)}`,
      )
    if (isRefusal(body)) throw refusesToTell(endpoint, body)
    throw notEcrLocal(endpoint)
  } catch (error) {
    if (error instanceof NoAnswer && error.isRefusedConnection) return undefined
    throw error
  }
}

const tokenAdvice = ({ adminToken }: PlaneSettings) =>
  adminToken === undefined ? 'give it as --admin-token' : 'the one in --admin-token or ECR_LOCAL_ADMIN_TOKEN is another'

const isStatus = (body: unknown): body is Status =>
  ['uptimeSeconds', 'registries', 'endpoint', 'registry'].every((name) => hasMember(body, name)) &&
  ['planes', 'warnings'].every((name) => hasList(body, name))
