import { describe } from 'vitest'
import { INSTALL_COMMAND, isInstalled, systemTools } from './system-tools.js'

/** What a block of specs needs of the machine, and whether it is there. */
export type Needs = Readonly<Record<string, boolean>>

/**
 * A describe block that needs something of the machine. Where that is missing it is skipped and counted aloud, except
 * that in CI a missing system tool fails.
 */
export function describeWith(needs: Needs, name: string, specs: () => void): void {
  const missing = Object.keys(needs).filter((need) => !needs[need])
  const tools = missing.filter((need) => (systemTools as readonly string[]).includes(need))
  if (missing.length === 0) describe(name, specs)
  else if (process.env.CI && tools.length > 0) throw new Error(`${tools.join(', ')} missing: ${INSTALL_COMMAND}`)
  else describe.skip(`${name} (missing: ${missing.join(', ')})`, specs)
}

const installed = (...tools: string[]): Needs => Object.fromEntries(tools.map((tool) => [tool, isInstalled(tool)]))

const root = process.getuid?.() === 0

/** What the specs of the AWS CLI need. */
export const awsCliNeeds = installed('aws')

/** What the specs of skopeo need. */
export const skopeoNeeds = installed('aws', 'docker-registry', 'skopeo')

/** What the specs of Docker need; its daemon needs root. */
export const dockerNeeds: Needs = { ...installed('aws', 'docker', 'dockerd', 'docker-registry', 'skopeo'), root }

/** What mounting a small file system needs. */
export const mountNeeds: Needs = { ...installed('mount', 'umount'), root }
