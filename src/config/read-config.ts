import { AccountsError } from '../access/accounts-error.js'
import type { Accounts } from '../access/credentials.js'
import { identitiesIn } from '../access/identities.js'
import { ecrHost } from '../registry/cache-rules/ecr-host.js'
import { localstackSettings } from '../localstack/environment.js'
import { readJsonFile } from './json.js'
import { requireSeed } from './require-seed.js'
import { brokenRule } from './rules.js'
import { secretsManagerEndpoint } from './secrets-manager-endpoint.js'
import { type SettingTexts, settings } from './settings.js'
import { UsageError } from './usage-error.js'
import { type Config, type Settings, defaultConfig } from './config.js'

const DEFAULT_FILE = 'ecr-local.json'

/**
 * Merges the settings: a flag overrides the environment, which overrides the file, which overrides the variables of
 * LocalStack and the default. Throws UsageError.
 */
export function readConfig(flags: SettingTexts, environment: NodeJS.ProcessEnv): Config {
  const variables = textsIn(environment)
  const file = readConfigFile(flags.config ?? variables.config)
  const ours = { ...file, ...valuesOf(variables, 'environment'), ...valuesOf(flags, 'flag') }
  return withDefaults({
    ...localstackSettings(environment, ours, defaultConfig),
    ...ours,
    ...endpointIn(environment),
    secretsManagerEndpoint: secretsManagerEndpoint(environment) ?? file.secretsManagerEndpoint,
    awsRegion: regionIn(environment) ?? file.awsRegion,
  })
}

/** The settings that a program gives, which must be those of a file. Throws UsageError that begins with `source`. */
export const configOf = (given: Settings, source: string): Config => withDefaults(validSettings(given, source))

function withDefaults(given: Settings): Config {
  const config = {
    ...defaultConfig,
    ...given,
    signatures: { ...defaultConfig.signatures, ...given.signatures },
    network: { ...defaultConfig.network, ...given.network },
    quotas: { ...defaultConfig.quotas, ...given.quotas },
    images: { ...defaultConfig.images, ...given.images },
    lifecycle: { ...defaultConfig.lifecycle, ...given.lifecycle },
    garbage: { ...defaultConfig.garbage, ...given.garbage },
    events: { ...defaultConfig.events, ...given.events },
    limits: { ...defaultConfig.limits, ...given.limits },
    pullThroughCache: { ...defaultConfig.pullThroughCache, ...given.pullThroughCache },
  }
  requireConsistency(config)
  return Object.freeze(config)
}

/** Rules about more than one setting, which the schema cannot express. */
function requireConsistency(config: Config): void {
  const { store, blobs, tlsCert, tlsKey, scanFindings, scanner, upstreams, realNames, port, registryPort } = config
  if (store === 'memory' && blobs !== 'disk')
    throw new UsageError(
      '--store memory keeps images in memory too: --blobs s3://… needs --store embedded or a Redis URL',
    )
  const [present, missing] = tlsKey === undefined ? ['--tls-cert', '--tls-key'] : ['--tls-key', '--tls-cert']
  if ((tlsCert === undefined) !== (tlsKey === undefined))
    throw new UsageError(`${present} needs ${missing}: a certificate and its key, both PEM files`)
  if (realNames && [port, registryPort, ...config.furtherAddresses.map((further) => further.port)].includes(443))
    throw new UsageError('--real-names listens on port 443 itself: choose another port for the planes')
  if (scanFindings !== undefined && scanner !== undefined)
    throw new UsageError('/scanFindings and /scanner are alternatives: findings come from a file or from a scanner')
  const notOfEcr = Object.keys(upstreams).find((host) => upstreams[host]?.local && !ecrHost(host))
  if (notOfEcr !== undefined)
    throw new UsageError(
      `/upstreams/${notOfEcr}/local is for private registries of ECR, such as 123456789012.dkr.ecr.us-east-1.amazonaws.com`,
    )
}

/** The setting that comes from the variable of every SDK. Throws UsageError if it is not an address. */
function endpointIn({ AWS_ENDPOINT_URL_EVENTS: eventBridgeEndpoint }: NodeJS.ProcessEnv): Settings {
  if (!eventBridgeEndpoint) return {}
  const broken = brokenRule({ eventBridgeEndpoint })
  if (broken) throw new UsageError(`AWS_ENDPOINT_URL_EVENTS ${broken.complaint}`)
  return { eventBridgeEndpoint }
}

/** The Region in the variables of the SDKs; empty ones count as unset. */
export const regionIn = ({ AWS_REGION, AWS_DEFAULT_REGION }: NodeJS.ProcessEnv): string | undefined =>
  [AWS_REGION, AWS_DEFAULT_REGION].find(Boolean)

/**
 * An empty variable counts as unset: that is how shells and compose files pass a missing value. So does the one that
 * Kubernetes gives to the Pods beside a Service named ecr-local, `ECR_LOCAL_PORT=tcp://10.0.0.1:4566`.
 */
function textsIn(environment: NodeJS.ProcessEnv): SettingTexts {
  const texts = settings.map(({ name, environment: variable }) => [name, environment[variable]] as const)
  return Object.fromEntries(texts.filter(([name, value]) => value && !(NUMBERS.has(name) && value.startsWith('tcp:'))))
}

/** Converts texts of flags or variables to values and checks them against the rules of the file. */
function valuesOf(texts: SettingTexts, source: 'environment' | 'flag'): Settings {
  const entries = Object.entries(texts).filter(([name]) => name !== 'config')
  if (entries.length === 0) return {}
  const values = Object.fromEntries(entries.map(([name, text]) => [name, valueIn(name, text)]))
  const broken = brokenRule(values)
  if (!broken) return values
  const setting = settings.find(({ name }) => broken.path === `/${name}`)
  throw new UsageError(`${setting?.[source] ?? broken.path} ${broken.complaint}`)
}

const NUMBERS: ReadonlySet<string> = new Set(['port', 'registryPort'])
const SWITCHES: ReadonlySet<string> = new Set(settings.flatMap(({ name, isSwitch }) => (isSwitch ? [name] : [])))

/** The value that a text means for a setting; the text itself if it means none, which the rules then refuse. */
function valueIn(name: string, text: string): string | number | boolean {
  if (NUMBERS.has(name) && /^\d+$/.test(text)) return Number(text)
  if (SWITCHES.has(name) && /^(true|false)$/.test(text)) return text === 'true'
  return text
}

function readConfigFile(explicitPath: string | undefined): Settings {
  const path = explicitPath ?? DEFAULT_FILE
  const file = readJsonFile(path, { mayBeMissing: explicitPath === undefined })
  return file === undefined ? {} : validSettings(file, path)
}

/** Throws UsageError with the place of the first mistake, after the file or whatever the settings come from. */
function validSettings(given: unknown, source: string): Settings {
  const broken = brokenRule(given)
  if (broken) throw new UsageError(`${source}: ${broken.path || 'the whole'} ${broken.complaint}`)
  const settingsGiven = { ...(given as Settings & { $schema?: string }) }
  delete settingsGiven.$schema
  requireAccounts(settingsGiven.accounts, source)
  requireSeed(settingsGiven, source)
  return settingsGiven
}

/** Compiles policies and keys once, so that a mistake in them stops the start and is reported with its place. */
function requireAccounts(accounts: Accounts | undefined, source: string): void {
  try {
    identitiesIn(accounts)
  } catch (error) {
    if (error instanceof AccountsError) throw new UsageError(`${source}: /accounts${error.path} ${error.message}`)
    throw error
  }
}
