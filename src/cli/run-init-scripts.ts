import { statSync } from 'node:fs'
import { describesAccessKeys } from '../access/credentials.js'
import { endpointOf } from '../compose/plane-addresses.js'
import { type Config, defaultConfig } from '../config/config.js'
import { regionIn } from '../config/read-config.js'
import { UsageError } from '../config/usage-error.js'
import { type InitScripts, initScripts } from '../localstack/init-scripts.js'
import { type Stage, stages } from '../localstack/init-status.js'
import { folderOf } from '../localstack/find-scripts.js'
import { scriptEnvironment } from '../localstack/script-environment.js'
import type { Log } from '../registry/ports/log.js'
import { DEFAULT_REGION } from '../registry/registry.js'

/** How long the scripts of the last stage may take: Docker waits 10 s in all before it kills a container. */
export const SHUTDOWN_SCRIPTS_MS = 4_000

/** What the scripts of a stage depend on, as far as the process knows it by then. */
export interface StageContext {
  readonly config: Config
  readonly log: Log
  readonly environment: NodeJS.ProcessEnv
  /** The control plane's address, once it has one. */
  readonly endpoint?: string | undefined
  /** Ends the running script, and leaves out those after it. */
  readonly signal: AbortSignal
}

/**
 * The init scripts of the configured directory; only the one of LocalStack's containers may be missing. Throws
 * UsageError.
 */
export function scriptsOf({ initDir }: Config): InitScripts {
  const isDirectory = statSync(initDir, { throwIfNoEntry: false })?.isDirectory() === true
  if (!isDirectory && initDir !== defaultConfig.initDir)
    throw new UsageError(`--init-dir ${initDir} is not a directory: name one with ${listOfFolders}`)
  return initScripts(initDir)
}

const listOfFolders = stages.map(folderOf).join(', ')

/** Runs the scripts of a stage with what they need to call this emulator. */
export function runStage(scripts: InitScripts, stage: Stage, context: StageContext): Promise<void> {
  const { config, log, signal, environment, endpoint = configuredEndpoint(config) } = context
  const region = regionIn(environment) ?? DEFAULT_REGION
  const access = { endpoint, region, hasDefaultKeys: !describesAccessKeys(config.accounts) }
  return scripts.run(stage, { environment: scriptEnvironment(environment, access), log, signal })
}

/** Where the control plane will listen; undefined if it picks a free port. */
const configuredEndpoint = (config: Config) => (config.port === 0 ? undefined : endpointOf(config))

/**
 * Runs the scripts of the first stage, and returns the settings to start with: those scripts may write the
 * configuration file.
 */
export async function runBoot(
  scripts: InitScripts,
  readSettings: () => Config,
  context: StageContext,
): Promise<Config> {
  await runStage(scripts, 'BOOT', context)
  return scripts.has('BOOT') ? readSettings() : context.config
}
