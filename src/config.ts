import { readFileSync } from 'node:fs'
import type { Accounts } from './access/credentials.js'
import { parseJson } from './config/json.js'
import type { Given } from './config/settings.js'
import { settings } from './config/settings.js'
import { UsageError } from './config/usage-error.js'
import type { PullThroughSettings } from './registry/pull-through.js'

/** Every setting, after flags, environment, configuration file and defaults have been put together. */
export interface Config {
  /** Address both planes listen on. */
  readonly host: string
  /** Control plane's port; 0 picks a free one. */
  readonly port: number
  /** Data plane's port; 0 picks a free one. */
  readonly registryPort: number
  /** State and blobs. */
  readonly dataDir: string
  readonly store: 'embedded' | 'memory'
  readonly log: 'silent' | 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace'
  /** Host of repository URIs, with `{account}`, `{region}` and `{port}` to be filled in. */
  readonly registryHost: string
  /** Undefined: the default account with access key `test`. */
  readonly accounts: Accounts | undefined
  /** Where an upstream host really is; without an entry it is `https://<host>`. */
  readonly upstreams: Readonly<Record<string, { readonly endpoint: string }>>
  readonly network: { readonly egress: 'all' | 'none' }
  readonly quotas: { readonly pullThroughCacheRules: number }
  readonly pullThroughCache: PullThroughSettings
}

/** What holds where nothing is said; the published schema tells editors the same. */
export const defaultConfig: Config = {
  host: '127.0.0.1',
  port: 4566,
  registryPort: 4510,
  dataDir: '.ecr-local',
  store: 'embedded',
  log: 'info',
  registryHost: 'localhost:{port}',
  accounts: undefined,
  upstreams: {},
  network: { egress: 'all' },
  quotas: { pullThroughCacheRules: 10 },
  pullThroughCache: { checkIntervalSeconds: 86_400, retryIntervalSeconds: 900 },
}

/** The configuration file once it has been checked. */
type ConfigFile = Partial<Omit<Config, 'quotas' | 'pullThroughCache'>> & {
  readonly quotas?: Partial<Config['quotas']>
  readonly pullThroughCache?: Partial<PullThroughSettings>
}

const DEFAULT_FILE = 'ecr-local.json'

/** Puts the settings together: flag over environment over file over default. Throws UsageError. */
export async function readConfig(flags: Given, environment: NodeJS.ProcessEnv): Promise<Config> {
  const fromEnvironment = givenIn(environment)
  const file = await readConfigFile(flags.config ?? fromEnvironment.config)
  const given = { ...(await accept(fromEnvironment, 'environment')), ...(await accept(flags, 'flag')) }
  const { $schema: _, ...settingsOfFile } = { $schema: undefined, ...file }
  return Object.freeze({
    ...defaultConfig,
    ...settingsOfFile,
    ...given,
    network: { ...defaultConfig.network, ...file.network },
    quotas: { ...defaultConfig.quotas, ...file.quotas },
    pullThroughCache: { ...defaultConfig.pullThroughCache, ...file.pullThroughCache },
  })
}

/** An empty variable is how a shell or a compose file says that it is not set. */
const givenIn = (environment: NodeJS.ProcessEnv): Given =>
  Object.fromEntries(
    settings.flatMap(({ name, environment: variable }) => {
      const value = environment[variable]
      return value ? [[name, value]] : []
    }),
  )

/** Turns the texts of flags or variables into values, by the same rules as the file's. */
async function accept({ config: _, ...given }: Given, source: 'environment' | 'flag'): Promise<ConfigFile> {
  const values = Object.fromEntries(
    Object.entries(given).map(([name, text]) => [name, /^port$|Port$/.test(name) && /^\d+$/.test(text) ? Number(text) : text]),
  )
  if (Object.keys(values).length === 0) return {}
  const { brokenRule } = await import('./config/rules.js')
  const broken = brokenRule(values)
  if (!broken) return values
  const setting = settings.find(({ name }) => broken.path === `/${name}`)
  throw new UsageError(`${setting?.[source] ?? broken.path} ${broken.complaint}`)
}

async function readConfigFile(asked: string | undefined): Promise<ConfigFile> {
  const path = asked ?? DEFAULT_FILE
  const text = readText(path, asked === undefined)
  if (text === undefined) return {}
  const file = parseJson(text, path)
  const { brokenRule } = await import('./config/rules.js')
  const broken = brokenRule(file)
  if (broken) throw new UsageError(`${path}: ${broken.path || 'the file'} ${broken.complaint}`)
  return file as ConfigFile
}

function readText(path: string, mayBeMissing: boolean): string | undefined {
  try {
    return readFileSync(path, 'utf8').replace(/^\uFEFF/, '')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' && mayBeMissing) return undefined
    const reason = code === 'ENOENT' ? 'there is no such file' : `${code}`
    throw new UsageError(`The configuration file ${path} cannot be read (${reason}): give --config a file that can`, {
      cause: error,
    })
  }
}
