import { existsSync } from 'node:fs'
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

/** What the specs of Redis need, and of failovers. */
export const redisNeeds = installed('redis-server')
export const sentinelNeeds = installed('redis-server', 'redis-sentinel')

/** What the specs of skopeo need. */
export const skopeoNeeds = installed('aws', 'docker-registry', 'skopeo')

/** What the specs of Docker need; its daemon needs root. */
export const dockerNeeds: Needs = { ...installed('aws', 'docker', 'dockerd', 'docker-registry', 'skopeo'), root }

/** What running containers by docker-compose.yml needs, on a machine that runs no Docker of its own: its bridge is taken. */
export const composeNeeds: Needs = {
  ...dockerNeeds,
  ...installed('docker-compose', 'debootstrap', 'iptables'),
  'a machine without a Docker of its own': !existsSync('/run/docker.sock'),
}

/** What the specs of containerd need: it makes no containers there, and changes no network. */
export const containerdNeeds: Needs = { ...installed('containerd', 'ctr'), root }

/** What mounting a small file system needs. */
export const mountNeeds: Needs = { ...installed('mount', 'umount'), root }
