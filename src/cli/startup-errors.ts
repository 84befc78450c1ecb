import { REAL_NAMES_PORT } from '../compose/real-names-listener.js'
import type { Config } from '../config/config.js'
import { UsageError } from '../config/usage-error.js'
import { withoutPassword } from '../config/without-password.js'

/** The settings that decide where a process listens. */
export type ListenSettings = Pick<Config, 'host' | 'port'> & Partial<Pick<Config, 'furtherAddresses' | 'realNames'>>

/** The setting that a port comes from, by the name under which the user knows it. */
export function settingOfPort({ port, furtherAddresses = [] }: ListenSettings, used: number | undefined): string {
  if (used === port) return '--port'
  return furtherAddresses.some((further) => further.port === used) ? 'GATEWAY_LISTEN' : '--registry-port'
}

/** How a user other than root gets port 443 on Linux, for all programs or for Node alone. */
const NO_REAL_NAMES =
  'This user may not listen on port 443, which --real-names needs: start it as root, or allow it with ' +
  'sudo sysctl net.ipv4.ip_unprivileged_port_start=443, or with sudo setcap cap_net_bind_service=+ep "$(readlink -f "$(which node)")"'

/** An error that the user can correct, as one line; undefined for a bug in this program. */
export function usageErrorFrom(error: unknown, settings: ListenSettings): UsageError | undefined {
  if (!(error instanceof Error) || error instanceof TypeError || error instanceof ReferenceError) return undefined
  const { code, syscall, port, address, hostname } = error as ListenError
  if (code === 'EACCES' && syscall === 'listen' && settings.realNames && port === REAL_NAMES_PORT)
    return new UsageError(NO_REAL_NAMES)
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
