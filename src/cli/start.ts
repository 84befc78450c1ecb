import { compose, type Running } from '../compose/compose.js'
import type { Plane } from '../compose/planes.js'
import type { Config } from '../config/config.js'
import { UsageError } from '../config/usage-error.js'
import type { InitStatus } from '../localstack/init-status.js'
import type { Log } from '../registry/ports/log.js'
import { usageErrorFrom } from './startup-errors.js'

/** The commands that start planes: both, or one while the other runs in another process. */
export type StartCommand = 'start' | Plane

/** Starts the planes that a command names. Throws UsageError if the settings or this machine prevent it. */
export async function start(
  command: StartCommand,
  config: Config,
  log: Log,
  initStatus?: InitStatus,
): Promise<Running> {
  const planes: Plane[] = command === 'start' ? ['control-plane', 'data-plane'] : [command]
  if (command !== 'start') requireShared(command, config)
  try {
    return await compose(config, planes, log, initStatus)
  } catch (error) {
    const { portInUse } = await import('./port-in-use.js')
    throw (await portInUse(error, config)) ?? usageErrorFrom(error, config) ?? error
  }
}

/** Planes that run apart need a shared store, a shared secret, and the data plane's address. */
function requireShared(command: Plane, { store, secret, registryPort, dataPlane, realNames }: Config): void {
  if (realNames)
    throw new UsageError(`--real-names is for ecr-local start, not for ${command}: both planes answer on port 443`)
  if (store === 'memory')
    throw new UsageError(
      `ecr-local ${command} shares its state with another process: --store memory cannot, embedded and redis://… can`,
    )
  if (secret === undefined)
    throw new UsageError(
      `ecr-local ${command} needs the secret that all planes share, in ECR_LOCAL_SECRET or --secret; create one with: openssl rand -base64 32`,
    )
  if (command === 'control-plane' && registryPort === 0 && dataPlane === undefined)
    throw new UsageError(
      'ecr-local control-plane needs to know where the data plane is: give its port with --registry-port, or its address with --data-plane',
    )
}
