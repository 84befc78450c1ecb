import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** The programs of others that are measured beside ours or that measure, and the packages of Debian that bring them. */
export const packages = {
  wrk: 'wrk',
  nginx: 'nginx',
  'docker-registry': 'docker-registry',
  'redis-server': 'redis-server',
  taskset: 'util-linux',
} as const

export type Tool = keyof typeof packages

/** Whether a program is on the PATH, in the administrator's directories too. */
export const isInstalled = (tool: Tool): boolean =>
  `${process.env.PATH ?? ''}${delimiter}/usr/sbin`.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, tool), constants.X_OK)
      return true
    } catch {
      return false
    }
  })

/** Says what is missing and how to get it. */
export const howToInstall = (missing: readonly Tool[]) =>
  `missing ${missing.join(', ')}: apt-get install ${missing.map((tool) => packages[tool]).join(' ')}`
