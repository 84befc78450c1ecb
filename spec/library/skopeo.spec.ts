import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { digestOf } from '../../src/library/upstream/upstream-content.js'
import { startEcrLocal } from '../../src/library/ecr-local.js'
import { describeWith, skopeoNeeds } from '../support/describe-with.js'
import { createRule } from '../support/library.js'
import { mustRun, neutralEnvironment } from '../support/run-command.js'
import { skopeo } from '../support/skopeo.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

describeWith(skopeoNeeds, 'Images of the upstream and a real client', () => {
  it('skopeo pulls all platforms through the cache, and unpacks layers with the files that the test wrote', async () => {
    await using ecr = await startEcrLocal()
    await using directory = await temporaryDirectory()
    await createRule(ecr, 'registry-1.docker.io')
    const layers = [{ bytes: 3000 }, { files: { 'etc/motd': 'hello from a test\n', 'opt/data': Buffer.alloc(513) } }]
    for (const format of ['oci', 'docker'] as const) {
      const platforms = ['linux/amd64', 'linux/arm64']
      const { digest } = ecr.upstream.image('library/nginx', format, { platforms, layers, format })
      const { password } = await ecr.login()
      const image = `${ecr.registry}/cached/library/nginx:${format}`
      await skopeo(password).copyAll(image, join(directory.path, format))
      const stored = await readFile(join(directory.path, format, 'manifest.json'))
      expect(digestOf(stored)).toBe(digest)

      // A docker-archive has unpacked layers, whose digests skopeo compares with the configuration.
      const archive = join(directory.path, `${format}.tar`)
      const from = ['--src-tls-verify=false', '--src-creds', `AWS:${password}`, `docker://${image}`]
      await mustRun('skopeo', ['copy', '--insecure-policy', ...from, `docker-archive:${archive}`], {
        env: neutralEnvironment(),
      })
      const unpacked = join(directory.path, `unpacked-${format}`)
      await mkdir(unpacked)
      await mustRun('tar', ['-xf', archive, '-C', unpacked])
      const [{ Layers: paths }] = JSON.parse(await readFile(join(unpacked, 'manifest.json'), 'utf8')) as [
        { Layers: string[] },
      ]
      await mustRun('tar', ['-xf', join(unpacked, paths.at(-1) ?? ''), '-C', unpacked])
      expect(await readFile(join(unpacked, 'etc/motd'), 'utf8')).toBe('hello from a test\n')
      expect((await readFile(join(unpacked, 'opt/data'))).length).toBe(513)
    }
  })
})
