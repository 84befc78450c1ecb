import { compose, type Plane, type Running } from '../compose.js'
import type { Config } from '../config.js'
import { UsageError } from '../config/usage-error.js'
import type { Log } from '../registry/ports/log.js'
import { usageErrorFrom } from './startup-errors.js'
import { portInUse } from './port-in-use.js'

/** What starts planes: both, or one whose other half is another process. */
export type StartCommand = 'start' | Plane

/** Starts the planes a command names. Throws UsageError where something of this machine is in the way. */
export async function start(command: StartCommand, config: Config, log: Log): Promise<Running> {
  const planes: Plane[] = command === 'start' ? ['control-plane', 'data-plane'] : [command]
  if (command === 'start') requireOwnPorts(config)
  else requireShared(command, config)
  try {
    return await compose(config, planes, log)
  } catch (error) {
    throw (await portInUse(error, config)) ?? usageErrorFrom(error, config) ?? error
  }
}

/** Both planes of one process listen on one address. */
function requireOwnPorts({ port, registryPort }: Config): void {
  if (port === registryPort && port !== 0)
    throw new UsageError(
      `--port and --registry-port are both ${port}: the control plane and the data plane want a port each (0: a free one)`,
    )
}

/** A plane alone is of use only where the other one can find the same state, and it the other. */
function requireShared(command: Plane, { store, secret, registryPort, dataPlane }: Config): void {
  if (store === 'memory')
    throw new UsageError(
      `ecr-local ${command} shares its state with another process: --store memory cannot, embedded and redis://… can`,
    )
  if (secret === undefined)
    throw new UsageError(
      `ecr-local ${command} wants the secret that all planes share, in ECR_LOCAL_SECRET or --secret; this makes one: openssl rand -base64 32`,
    )
  if (command === 'control-plane' && registryPort === 0 && dataPlane === undefined)
    throw new UsageError(
      'ecr-local control-plane needs to know where the data plane is: give its port with --registry-port, or its address with --data-plane',
    )
}
