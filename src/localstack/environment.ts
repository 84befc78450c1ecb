import { UsageError } from '../config/usage-error.js'
import { type AddressDefaults, type ListenAddress, listenAddresses } from './listen-addresses.js'

/** The settings that variables of LocalStack decide about, as far as nothing of ours does. */
export interface LocalstackSettings {
  readonly host?: string
  readonly port?: number
  readonly furtherAddresses?: readonly ListenAddress[]
  readonly registryHost?: string
  readonly store?: 'embedded' | 'memory'
  readonly log?: (typeof LOG_LEVELS)[keyof typeof LOG_LEVELS]
}

/** The settings that a flag, a variable `ECR_LOCAL_…` or the configuration file has. */
export type OwnSettings = Readonly<Partial<Record<keyof LocalstackSettings, unknown>>> & { readonly host?: string }

/**
 * Reads the variables of LocalStack that have a meaning here. A variable is not even checked if something of ours
 * decides about its setting, and an empty one counts as unset. Throws UsageError.
 * https://docs.localstack.cloud/aws/capabilities/config/configuration/
 */
export function localstackSettings(
  environment: NodeJS.ProcessEnv,
  own: OwnSettings,
  defaults: Omit<AddressDefaults, 'hostForAll'>,
): LocalstackSettings {
  // LocalStack's container gives `LOCALSTACK_DEBUG` precedence over `DEBUG`, and so with all but LOCALSTACK_HOST.
  const variable = (name: string) => [environment[`LOCALSTACK_${name}`], environment[name]].find(Boolean)
  return {
    ...(own.port === undefined && addresses(variable('GATEWAY_LISTEN'), { ...defaults, hostForAll: own.host })),
    ...(own.registryHost === undefined && registryHost(environment.LOCALSTACK_HOST)),
    ...(own.store === undefined && store(variable('PERSISTENCE'))),
    ...(own.log === undefined && log(variable('LS_LOG'), variable('DEBUG'))),
  }
}

/** Of a list, the first address is that of `host` and `port`. */
function addresses(text: string | undefined, defaults: AddressDefaults): LocalstackSettings {
  const [first, ...furtherAddresses] = text === undefined ? [] : listenAddresses(text, defaults)
  return first ? { ...first, furtherAddresses } : {}
}

/**
 * `localhost` without a port, which Testcontainers sets, says no more than the default: repository URIs follow the
 * request, so that they have the port by which the container is reached.
 */
function registryHost(text: string | undefined): LocalstackSettings {
  if (!text || text === 'localhost') return {}
  const [host, port] = HOST.exec(text)?.slice(1) ?? []
  if (host === undefined || Number(port ?? 0) > MAX_PORT)
    throw new UsageError(`LOCALSTACK_HOST must be a host name with or without a port, not ${shown(text)}`)
  return { registryHost: `${host}:${port ?? '{port}'}` }
}

const HOST = /^([A-Za-z0-9._-]+)(?::(\d{1,5}))?$/
const MAX_PORT = 65_535

function store(text: string | undefined): LocalstackSettings {
  if (text === undefined) return {}
  const isPersistent = booleanIn(text)
  if (isPersistent === undefined)
    throw new UsageError(`PERSISTENCE must be 1 (state is kept in --data-dir) or 0 (in memory), not ${shown(text)}`)
  return { store: isPersistent ? 'embedded' : 'memory' }
}

/** Many programs read DEBUG, so a text other than yes or no is for another one. LocalStack, too, passes over it. */
function log(level: string | undefined, debug: string | undefined): LocalstackSettings {
  if (level !== undefined) {
    const known = level.toLowerCase() as keyof typeof LOG_LEVELS
    if (Object.hasOwn(LOG_LEVELS, known)) return { log: LOG_LEVELS[known] }
    throw new UsageError(`LS_LOG must be one of ${Object.keys(LOG_LEVELS).join(', ')}, not ${shown(level)}`)
  }
  return debug !== undefined && booleanIn(debug) ? { log: 'debug' } : {}
}

/** LocalStack's levels and ours. */
const LOG_LEVELS = {
  'trace-internal': 'trace',
  trace: 'trace',
  debug: 'debug',
  info: 'info',
  warn: 'warn',
  warning: 'warn',
  error: 'error',
} as const

/** LocalStack's words for yes and no. */
function booleanIn(text: string): boolean | undefined {
  if (/^(1|true)$/i.test(text.trim())) return true
  return /^(0|false)$/i.test(text.trim()) ? false : undefined
}

const shown = (text: string) => JSON.stringify(text)
