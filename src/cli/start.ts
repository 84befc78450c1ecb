import { compose, type Plane, type Running } from '../compose.js'
import type { Config } from '../config.js'
import { UsageError } from '../config/usage-error.js'
import type { Log } from '../registry/ports/log.js'

/** What starts planes: both, or one whose other half is another process. */
export type StartCommand = 'start' | Plane

/** Starts the planes a command names. Throws UsageError where something of this machine is in the way. */
export async function start(command: StartCommand, config: Config, log: Log): Promise<Running> {
  const planes: Plane[] = command === 'start' ? ['control-plane', 'data-plane'] : [command]
  if (command !== 'start') requireShared(command, config)
  try {
    return await compose(config, planes, log)
  } catch (error) {
    throw obstacleOf(error, config) ?? error
  }
}

/** A plane alone is of use only where the other one can find the same state, and it the other. */
function requireShared(command: Plane, { store, registryPort }: Config): void {
  if (store === 'memory')
    throw new UsageError(
      `ecr-local ${command} shares its state with another process: --store memory cannot, embedded can`,
    )
  if (command === 'control-plane' && registryPort === 0)
    throw new UsageError(
      'ecr-local control-plane needs to know the port of the data plane: give it with --registry-port',
    )
}

/** What to tell whoever starts the emulator; undefined for what is a fault of ours. */
function obstacleOf(error: unknown, { host, port: controlPort }: Config): UsageError | undefined {
  if (!(error instanceof Error) || error instanceof TypeError || error instanceof ReferenceError) return undefined
  const { code, syscall, port } = error as NodeJS.ErrnoException & { port?: number }
  const flag = port === controlPort ? '--port' : '--registry-port'
  if (code === 'EADDRINUSE')
    return new UsageError(
      `Port ${port} is in use: stop what listens there, or choose another with ${flag} (0: a free one)`,
    )
  if (code === 'EACCES' && syscall === 'listen')
    return new UsageError(`Port ${port} is not for this user to listen on: choose one from 1024 up with ${flag}`)
  if (syscall === 'listen' || syscall === 'getaddrinfo')
    return new UsageError(
      `--host ${host} is no address of this machine (${code}): 127.0.0.1 always is, 0.0.0.0 means all`,
    )
  return new UsageError(error.message.split('\n', 1)[0])
}
