import { describe } from 'vitest'
import { browserFile, INSTALL_COMMAND, isInstalled, isStrict, systemTools } from './system-tools.js'

/** What a block of specs needs from the machine, and whether it is available. */
export type Needs = Readonly<Record<string, boolean>>

/**
 * A describe block that needs something from the machine. If that is missing, the block is skipped and counted in the
 * summary, except in CI, where a missing system tool fails the run.
 */
export function describeWith(needs: Needs, name: string, specs: () => void): void {
  const missing = Object.keys(needs).filter((need) => !needs[need])
  const tools = missing.filter((need) => (systemTools as readonly string[]).includes(need))
  if (missing.length === 0) describe(name, specs)
  else if (isStrict() && tools.length > 0) throw new Error(`${tools.join(', ')} missing: ${INSTALL_COMMAND}`)
  else describe.skip(`${name} (missing: ${missing.join(', ')})`, specs)
}

const installed = (...tools: string[]): Needs => Object.fromEntries(tools.map((tool) => [tool, isInstalled(tool)]))

const root = process.getuid?.() === 0

/** What the specs of the AWS CLI need. */
export const awsCliNeeds = installed('aws')

/** What the specs of terminals need: `script` (bsdutils) runs a program on one. */
export const terminalNeeds = installed('script')

/** What the specs of completion scripts need. */
export const shellNeeds = installed('bash', 'fish', 'script', 'zsh')

/** What the specs of the console need. */
export const browserNeeds: Needs = { chromium: browserFile() !== undefined }

/** What the specs of Redis and of failovers need. */
export const redisNeeds = installed('redis-server')
export const sentinelNeeds = installed('redis-server', 'redis-sentinel')

/** What the specs of a real registry as an upstream need. */
export const registryNeeds = installed('docker-registry')

/** What the specs of skopeo need. */
export const skopeoNeeds = installed('aws', 'docker-registry', 'skopeo')

/** What the specs of Docker need; the daemon needs root. */
export const dockerNeeds: Needs = { ...installed('aws', 'docker', 'dockerd', 'docker-registry', 'ip', 'skopeo'), root }

/** What a network namespace of the spec needs. */
export const namespaceNeeds: Needs = { ...installed('ip'), root }

/** What the specs of the ECR credential helper need, in a network and a Docker daemon of their own. */
export const credentialHelperNeeds: Needs = { ...dockerNeeds, ...installed('docker-credential-ecr-login') }

/** What running containers with docker-compose.yml needs. */
export const composeNeeds: Needs = { ...dockerNeeds, ...installed('docker-compose', 'iptables', 'redis-server') }

/** What the specs of containerd need; they create no containers and do not change the network. */
export const containerdNeeds: Needs = { ...installed('containerd', 'ctr'), root }

/** What the specs of every client of one port need. */
export const onePortNeeds: Needs = {
  ...dockerNeeds,
  ...containerdNeeds,
  ...installed('buildah', 'curl', 'nginx', 'podman', 'unshare'),
}

/** What mounting a small file system needs. */
export const mountNeeds: Needs = { ...installed('mount', 'umount'), root }
