import { randomBytes } from 'node:crypto'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeWith } from '../support/describe-with.js'
import { createRepository, imageManifest, pushImage, sha256 } from '../support/push.js'
import { type Planes, startPlanes } from '../support/planes.js'
import { authorizationToken, ecrClient } from '../support/registry-client.js'
import { mustRun, neutralEnvironment } from '../support/run-command.js'
import { environmentOf } from '../support/s3-blobs.js'
import { type S3Server, startS3Server } from '../support/s3-server.js'
import { skopeo } from '../support/skopeo.js'
import { isInstalled } from '../support/system-tools.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

const layer = Buffer.alloc(300_000, 'what a layer is made of. ')

describeWith({ skopeo: isInstalled('skopeo') }, 'Two data planes with their images in S3, and skopeo', () => {
  let s3: S3Server
  let planes: Planes
  let password: string

  beforeAll(async () => {
    s3 = await startS3Server()
    planes = await startPlanes({ data: 2, blobs: 's3://images/team', env: environmentOf(s3) })
    const ecr = ecrClient(planes)
    await createRepository(ecr, 'team/app')
    await createRepository(ecr, 'team/copy')
    await pushImage(ecr, 'team/app', { imageTag: 'v1', layer: layer.toString() })
    const token = Buffer.from(await authorizationToken(ecr), 'base64').toString()
    password = token.slice(token.indexOf(':') + 1)
  })
  afterAll(async () => {
    await planes[Symbol.asyncDispose]()
    await s3.close()
  })

  /** Every file of an image, by name, as skopeo stores it in a directory. */
  const pulled = async (image: string) => {
    await using directory = await temporaryDirectory()
    await skopeo(password).copyAll(image, directory.path)
    const names = (await readdir(directory.path)).sort()
    return Object.fromEntries(
      await Promise.all(
        names.map(async (name) => [name, (await readFile(join(directory.path, name))).toString('hex')]),
      ),
    ) as Record<string, string>
  }
  /** Pushes a new image of one layer from a directory in skopeo's own format. */
  const push = async (content: Buffer, image: string) => {
    await using directory = await temporaryDirectory()
    const config = Buffer.from('{"architecture":"amd64","os":"linux"}')
    const blobs = [config, content].map((bytes) => ({ digest: sha256(bytes), size: bytes.length, bytes }))
    const [first, ...layers] = blobs.map(({ digest, size }) => ({ digest, size }))
    const files = blobs.map(({ digest, bytes }) => ({ name: digest.slice('sha256:'.length), bytes }))
    const manifest = { name: 'manifest.json', bytes: Buffer.from(imageManifest(first!, layers)) }
    const version = { name: 'version', bytes: Buffer.from('Directory Transport Version: 1.1\n') }
    for (const { name, bytes } of [...files, manifest, version]) await writeFile(join(directory.path, name), bytes)
    const options = ['--insecure-policy', '--preserve-digests', '--dest-tls-verify=false', '--dest-creds']
    const to = [`AWS:${password}`, `dir:${directory.path}`, `docker://${image}`]
    await mustRun('skopeo', ['copy', ...options, ...to], { env: neutralEnvironment() })
  }

  it('skopeo pulls the same image from either plane, with its bytes from the bucket', async () => {
    for (const plane of [0, 1]) {
      const before = s3.requests.length
      const files = await pulled(`${planes.addressOf(plane)}/team/app:v1`)
      expect(Object.values(files)).toContain(layer.toString('hex'))
      expect(s3.requests.slice(before).some((request) => request.startsWith('GetObject team/blobs/sha256/'))).toBe(true)
    }
  })

  it('skopeo pushes an image whose requests are spread over two planes, and pulls it from either', async () => {
    // Incompressible, so that skopeo leaves the layer as it is and its digest stays that of the manifest.
    const content = randomBytes(500_000)
    await push(content, `${planes.registry}/team/copy:v1`)
    expect(s3.requests.some((request) => request.startsWith('PutObject team/uploads/'))).toBe(true)
    for (const plane of [0, 1])
      expect(Object.values(await pulled(`${planes.addressOf(plane)}/team/copy:v1`))).toContain(content.toString('hex'))
  })
})
