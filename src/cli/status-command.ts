import picocolors from 'picocolors'
import { endpointOf } from '../compose/plane-addresses.js'
import type { Config } from '../config/config.js'
import { UsageError } from '../config/usage-error.js'
import type { Status } from '../control-plane/admin/status-route.js'
import { hasMember, isRefusal, NoAnswer, notEcrLocal, requestPlane } from './plane-client.js'
import { statusText } from './status-text.js'

type StatusConfig = Pick<Config, 'host' | 'port' | 'tlsCert' | 'adminToken'>

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
  config: StatusConfig,
  { json, isColored = picocolors.isColorSupported }: { readonly json: boolean; readonly isColored?: boolean },
): Promise<StatusOutcome> {
  const status = await statusIfRunning(config)
  if (status === undefined) {
    const endpoint = endpointOf(config)
    const message = `Nothing runs at ${endpoint}: start it with ecr-local start, or name another with --host and --port`
    return { isRunning: false, text: json ? jsonText({ isRunning: false, endpoint, message }) : `${message}\n` }
  }
  return { isRunning: true, text: json ? jsonText({ isRunning: true, ...status }) : statusText(status, isColored) }
}

const jsonText = (value: object) => `${JSON.stringify(value, undefined, 2)}\n`

/** The status of the emulator that runs with these settings; undefined if nothing answers there. */
export async function statusIfRunning(config: StatusConfig): Promise<Status | undefined> {
  try {
    const { endpoint, status, body } = await requestPlane(config, '/_admin/status')
    if (status === 200 && isStatus(body)) return body
    if (status === 401)
      throw new UsageError(
        `An emulator runs at ${endpoint}, and tells more only with its token: give it as --admin-token`,
      )
    if (isRefusal(body))
      throw new UsageError(`An emulator runs at ${endpoint}, and does not tell more: ${body.message}`)
    throw notEcrLocal(endpoint)
  } catch (error) {
    if (error instanceof NoAnswer && error.isRefusedConnection) return undefined
    throw error
  }
}

const isStatus = (body: unknown): body is Status =>
  ['uptimeSeconds', 'registries', 'endpoint', 'registry'].every((name) => hasMember(body, name))
