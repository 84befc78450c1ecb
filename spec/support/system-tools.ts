import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** The programs that the suite runs besides Node; `scripts/install-system-tools.sh` lists their packages. */
export const systemTools = [
  'aws',
  'buildah',
  'chromium',
  'containerd',
  'ctr',
  'docker',
  'docker-compose',
  'docker-credential-ecr-login',
  'dockerd',
  'docker-registry',
  'fish',
  'ip',
  'iptables',
  'nginx',
  'podman',
  'redis-sentinel',
  'redis-server',
  'skopeo',
  'zsh',
] as const

/** What runs a spec's web pages in place of Debian's Chromium, such as the Chrome of GitHub's runners. */
const otherBrowsers = ['google-chrome', 'chromium-browser'] as const

/** The command that installs the programs. */
export const INSTALL_COMMAND = 'scripts/install-system-tools.sh'

/** Whether the installation of programs is disabled. */
export const isInstallSkipped = (): boolean => process.env.ECR_LOCAL_SKIP_INSTALL === '1'

/** Whether a missing system tool fails the run instead of skipping the specs that need it. */
export const isStrict = (): boolean => process.env.CI !== undefined && !isInstallSkipped()

/** The system tools that are not installed. */
export const missingTools = (): string[] =>
  systemTools.filter((tool) => (tool === 'chromium' ? browserFile() === undefined : !isInstalled(tool)))

/** The file of an installed browser; undefined if there is none. */
export const browserFile = (): string | undefined =>
  ['chromium', ...otherBrowsers].map(pathOf).find((file) => file !== undefined)

/** Whether a program is on the PATH or in a directory for administrators. */
export const isInstalled = (program: string): boolean => pathOf(program) !== undefined

/** The file of a program that is on the PATH or in a directory for administrators. */
export function pathOf(program: string): string | undefined {
  const directories = `${process.env.PATH ?? ''}${delimiter}/usr/sbin${delimiter}/sbin`.split(delimiter)
  return directories.map((directory) => join(directory, program)).find(isProgram)
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}
