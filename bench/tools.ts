import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** The third-party programs that are compared with the emulator or that measure, and their Debian packages. */
export const packages = {
  wrk: 'wrk',
  nginx: 'nginx',
  'docker-registry': 'docker-registry',
  'redis-server': 'redis-server',
  taskset: 'util-linux',
} as const

export type Tool = keyof typeof packages

/** Whether a program is on the PATH or in /usr/sbin. */
export const isInstalled = (tool: Tool): boolean =>
  `${process.env.PATH ?? ''}${delimiter}/usr/sbin`.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, tool), constants.X_OK)
      return true
    } catch {
      return false
    }
  })

/** A message that says what is missing and how to install it. */
export const howToInstall = (missing: readonly Tool[]) =>
  `missing ${missing.join(', ')}: apt-get install ${missing.map((tool) => packages[tool]).join(' ')}`
