import { cp, mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import type { DockerDaemon } from '../../support/docker-daemon.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'

const root = fileURLToPath(new URL('../../..', import.meta.url))

/** The specs of `ecr-local/testcontainers`, on a daemon that has the image. */
export function testcontainersExampleSpecs(daemonOf: () => DockerDaemon): void {
  it('The example of Testcontainers starts the image and reaches it at the port that it has on this machine', async () => {
    await using directory = await temporaryDirectory()
    const modules = join(directory.path, 'node_modules')
    await cp(join(root, 'examples/testcontainers'), directory.path, { recursive: true })
    await mkdir(join(modules, '@aws-sdk'), { recursive: true })
    await symlink(root, join(modules, 'ecr-local'))
    for (const name of ['testcontainers', '@aws-sdk/client-ecr'])
      await symlink(join(root, 'node_modules', name), join(modules, name))
    const daemon = daemonOf()
    // Its container that removes others comes from a registry; here the daemon ends with the spec.
    const env = { ...daemon.environment, TESTCONTAINERS_RYUK_DISABLED: 'true' }
    const { stdout } = await daemon.within(process.execPath, ['--test'], { cwd: directory.path, env })
    expect(stdout).toMatch(/^# pass 2$/m)
    expect(await daemon.docker('ps', '--all', '--quiet', '--filter', 'label=org.testcontainers=true')).toBe('')
  })
}
