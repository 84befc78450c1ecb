import { vi } from 'vitest'
import type { DockerDaemon } from './docker-daemon.js'

/** A container that is running on a daemon of a spec. */
export interface StartedContainer {
  /** Resolves when it reports that it is healthy; throws with the end of its log if it does not. */
  healthy(): Promise<void>
  /** Stops it as `docker stop` does, removes it and returns its exit status. */
  stop(): Promise<number>
}

export function startedContainer(daemon: DockerDaemon, name: string): StartedContainer {
  const inspect = async (format: string) => (await daemon.docker('inspect', '--format', format, name)).trim()
  return {
    async healthy() {
      const becomesHealthy = async () => {
        const state = await inspect('{{.State.Health.Status}}')
        if (state === 'healthy') return
        const { stdout, stderr } = await daemon.tryDocker('logs', name)
        throw new Error(`${name} is ${state}: ${`${stdout}${stderr}`.slice(-2000)}`)
      }
      await vi.waitFor(becomesHealthy, { timeout: 60_000, interval: 250 })
    },
    async stop() {
      await daemon.docker('stop', name)
      const status = Number(await inspect('{{.State.ExitCode}}'))
      await daemon.docker('rm', '--volumes', name)
      return status
    },
  }
}
