import { defaultAccount, describesAccessKeys } from '../access/credentials.js'
import { addressOfOwnDataPlane, endpointOf, isOnePort, registryPortOf } from '../compose/plane-addresses.js'
import type { Config } from '../config/config.js'
import { regionIn } from '../config/read-config.js'
import { type SettingTexts, settings } from '../config/settings.js'
import { UsageError } from '../config/usage-error.js'
import { DEFAULT_REGION } from '../registry/registry.js'
import { type Shell, shellNamed, shellNames, syntaxOf } from './shell-syntax.js'
import { statusIfRunning } from './status-command.js'

type EnvConfig = Pick<Config, 'host' | 'port' | 'registryPort' | 'tlsCert' | 'adminToken' | 'accounts'>

/** How `ecr-local env` was called. */
export interface EnvOptions {
  /** The value of `--shell`. */
  readonly shell?: string | undefined
  readonly unset: boolean
  readonly json: boolean
  /** The environment of this process, in which the shell and the Region are looked for. */
  readonly environment: NodeJS.ProcessEnv
  readonly platform: NodeJS.Platform
  /** The settings given as flags, which the command in the last line repeats. */
  readonly flags?: SettingTexts
}

/**
 * The variables with which AWS tools find the emulator that runs with these settings, or that would run with them: as
 * commands of a shell, or as JSON. The endpoint is that of every service, so that a call which is not for ECR fails
 * here and does not reach AWS. Throws UsageError if the shell is unknown.
 */
export async function environmentText(config: EnvConfig, options: EnvOptions): Promise<string> {
  const { set, unset } = await variablesFor(config, options.environment)
  if (options.json) return `${JSON.stringify(set, undefined, 2)}\n`
  requireOneLineEach(set)
  const shell = shellFor(options)
  const syntax = syntaxOf(shell)
  if (options.unset) return lines(Object.keys(set).map(syntax.unset))
  const given = [...(options.shell === undefined ? [] : ['--shell', shell]), ...repeatable(options.flags)]
  const command = ['ecr-local env', ...given].join(' ')
  const assignments = Object.entries(set).map(([name, value]) => syntax.set(name, value))
  return lines([...unset.map(syntax.unset), ...assignments, syntax.usage(command)])
}

/** To a shell that runs line by line, what follows a line break would be another command. */
function requireOneLineEach(variables: Variables['set']): void {
  const [name, value] = Object.entries(variables).find(([, text]) => /[\r\n]/.test(text)) ?? []
  if (name !== undefined)
    throw new UsageError(`${name} would be ${JSON.stringify(value)}, and a shell gets no value of more than one line`)
}

/** Flags as they were typed, without the admin token and what would need the quotes of a shell. */
const repeatable = (flags: SettingTexts = {}): string[] =>
  settings.flatMap(({ name, flag }) => {
    const value = flags[name]
    return value !== undefined && name !== 'adminToken' && /^[\w./:-]+$/.test(value) ? [flag, value] : []
  })

const lines = (all: readonly string[]) => all.map((line) => `${line}\n`).join('')

interface Variables {
  readonly set: Readonly<Record<string, string>>
  /** What would take precedence over the variables that are set. */
  readonly unset: readonly string[]
}

async function variablesFor(config: EnvConfig, environment: NodeJS.ProcessEnv): Promise<Variables> {
  const { endpoint, registry } = await addressesFor(config)
  const region = regionIn(environment) ?? DEFAULT_REGION
  const { accessKeyId, secretAccessKey } = defaultAccount
  // The configuration's own keys are the user's to choose, and are not printed.
  const isDefaultAccount = !describesAccessKeys(config.accounts)
  const credentials = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey }
  const set = {
    AWS_ENDPOINT_URL: endpoint,
    ...(isDefaultAccount && credentials),
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    ECR_REGISTRY: registry,
  }
  return { set, unset: isDefaultAccount ? ['AWS_SESSION_TOKEN', 'AWS_PROFILE'] : [] }
}

/** The addresses of the running emulator, or those that a start with these settings would have. */
async function addressesFor(config: EnvConfig): Promise<{ readonly endpoint: string; readonly registry: string }> {
  const running = await statusIfRunning(config).catch((error: unknown) => {
    // It runs, and does not tell, for example without its admin token: the settings are as good.
    if (error instanceof UsageError && config.port !== 0) return undefined
    throw error
  })
  if (running) return running
  const { registry } = addressOfOwnDataPlane(config, isOnePort(config) ? config.port : registryPortOf(config))
  return { endpoint: endpointOf(config), registry }
}

/**
 * The shell of `--shell`, or the one that the environment shows: PowerShell sets PSModulePath, which Windows does for
 * all programs, and SHELL is the login shell elsewhere.
 */
function shellFor({ shell: named, environment, platform }: EnvOptions): Shell {
  if (named !== undefined) {
    const shell = shellNamed(named)
    if (shell) return shell
    throw new UsageError(`--shell ${named} is not known: there are ${shellNames.join(', ')}`)
  }
  const { SHELL = '', PSModulePath: modules, PROMPT: prompt } = environment
  if (platform === 'win32' && SHELL === '') return modules === undefined || prompt !== undefined ? 'cmd' : 'powershell'
  if (modules !== undefined && platform !== 'win32') return 'powershell'
  return shellNamed(SHELL) ?? 'sh'
}
