import type { Config } from '../config/config.js'
import { UsageError } from '../config/usage-error.js'
import { withoutPassword } from '../config/without-password.js'

/** The settings that decide where a process listens. */
export type ListenSettings = Pick<Config, 'host' | 'port'> & Partial<Pick<Config, 'furtherAddresses'>>

/** The setting that a port comes from, by the name under which the user knows it. */
export function settingOfPort({ port, furtherAddresses = [] }: ListenSettings, used: number | undefined): string {
  if (used === port) return '--port'
  return furtherAddresses.some((further) => further.port === used) ? 'GATEWAY_LISTEN' : '--registry-port'
}

/** An error that the user can correct, as one line; undefined for a bug in this program. */
export function usageErrorFrom(error: unknown, settings: ListenSettings): UsageError | undefined {
  if (!(error instanceof Error) || error instanceof TypeError || error instanceof ReferenceError) return undefined
  const { code, syscall, port, address, hostname } = error as ListenError
  if (code === 'EACCES' && syscall === 'listen')
    return new UsageError(
      `This user may not listen on port ${port}: choose one from 1024 up with ${settingOfPort(settings, port)}`,
    )
  if (syscall === 'listen' || syscall === 'getaddrinfo') {
    const host = address ?? hostname ?? settings.host
    const setting = host === settings.host ? '--host' : 'GATEWAY_LISTEN:'
    return new UsageError(
      `${setting} ${host} is not an address of this machine (${code}): 127.0.0.1 always is, 0.0.0.0 means all`,
    )
  }
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new UsageError(`The disk is full (${error.message}): free 10 MB or more`)
  return new UsageError(withoutPassword(error.message.split('\n', 1)[0] ?? ''))
}

/** What Node adds to an error of listening. */
type ListenError = NodeJS.ErrnoException & { port?: number; address?: string; hostname?: string }
