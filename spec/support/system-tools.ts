import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** The programs the suite runs beside Node; `scripts/install-system-tools.sh` knows their packages. */
export const systemTools = [
  'aws',
  'debootstrap',
  'docker',
  'docker-compose',
  'dockerd',
  'docker-registry',
  'ip',
  'iptables',
  'redis-sentinel',
  'redis-server',
  'skopeo',
] as const

/** The one command that installs them. */
export const INSTALL_COMMAND = 'scripts/install-system-tools.sh'

/** Whether whoever runs the suite wants nothing installed. */
export const isInstallSkipped = (): boolean => process.env.ECR_LOCAL_SKIP_INSTALL === '1'

/** Whether a missing system tool fails the run rather than skip what needs it. */
export const isStrict = (): boolean => process.env.CI !== undefined && !isInstallSkipped()

/** Which system tools are not on the PATH. */
export const missingTools = (): string[] => systemTools.filter((tool) => !isInstalled(tool))

/** Whether a program is on the PATH, or where a user's PATH does not reach. */
export function isInstalled(program: string): boolean {
  return `${process.env.PATH ?? ''}${delimiter}/usr/sbin${delimiter}/sbin`.split(delimiter).some((directory) => {
    const path = join(directory, program)
    try {
      accessSync(path, constants.X_OK)
      return statSync(path).isFile()
    } catch {
      return false
    }
  })
}
