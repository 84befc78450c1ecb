import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { describe } from 'vitest'

/** The programs the suite runs beside Node; `scripts/install-system-tools.sh` knows their packages. */
export const systemTools = ['aws', 'docker', 'dockerd', 'docker-registry', 'skopeo'] as const

/** Something a spec needs of the machine; what is not a system tool may be missing in CI, too. */
export type Need = (typeof systemTools)[number] | 'root' | 'mount' | 'terraform' | 'terraform-provider-aws'

/** The one command that installs them. */
export const INSTALL_COMMAND = 'scripts/install-system-tools.sh'

/** How a skipped block says why; the summary reads it. */
export const MISSING = /\(missing: (.+)\)$/

/** Which system tools are not on the PATH. */
export const missingTools = (): string[] => systemTools.filter((tool) => !isInstalled(tool))

/** Whether a program is on the PATH, in the administrator's directories too. */
export function isInstalled(program: string): boolean {
  return `${process.env.PATH ?? ''}${delimiter}/usr/sbin`.split(delimiter).some((directory) => {
    const path = join(directory, program)
    try {
      accessSync(path, constants.X_OK)
      return statSync(path).isFile()
    } catch {
      return false
    }
  })
}

/**
 * A describe block that needs something of the machine. Where that is missing it is skipped and counted aloud, except
 * that in CI a missing system tool fails.
 */
export function describeWith(needs: Partial<Record<Need, boolean>>, name: string, specs: () => void): void {
  const missing = Object.entries(needs).flatMap(([need, isThere]) => (isThere ? [] : [need]))
  const mayBeMissing = missing.every((need) => !(systemTools as readonly string[]).includes(need))
  if (missing.length === 0) describe(name, specs)
  else if (process.env.CI && !mayBeMissing) throw new Error(`${missing.join(', ')} is missing: ${INSTALL_COMMAND}`)
  else describe.skip(`${name} (missing: ${missing.join(', ')})`, specs)
}

const installed = <T extends Need>(...tools: T[]) =>
  Object.fromEntries(tools.map((tool) => [tool, isInstalled(tool)])) as Record<T, boolean>

const isRoot = process.getuid?.() === 0

/** What the specs of the AWS CLI need. */
export const awsCliNeeds = installed('aws', 'docker-registry')

/** What the specs of Docker need; its daemon needs root. */
export const dockerNeeds = { ...installed('aws', 'docker', 'dockerd', 'docker-registry', 'skopeo'), root: isRoot }

/** What mounting a small file system needs. */
export const mountNeeds = { root: isRoot, mount: process.platform === 'linux' && isInstalled('mount') }
