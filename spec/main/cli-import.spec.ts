import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { importImages, namedImage } from '../../src/cli/import-command.js'
import { defaultConfig } from '../../src/config/config.js'
import { findImage } from '../../src/registry/images/find-image.js'
import type { PullRequest } from '../../src/registry/ports/importer.js'
import type { Step } from '../../src/registry/ports/progress.js'
import { account, region, startEmulator } from '../support/emulator.js'
import { createRepository, pushImage } from '../support/push.js'

const digest = `sha256:${'0'.repeat(64)}`
const repositoryName = 'ecr-public/nginx/nginx'
const environment = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret', AWS_REGION: region }

/** Runs with these environment variables set: the SDK reads its credentials from there. */
async function withEnvironment<T>(variables: Record<string, string>, run: () => Promise<T>): Promise<T> {
  const before = { ...process.env }
  Object.assign(process.env, variables)
  return run().finally(() => {
    for (const name of Object.keys(variables)) process.env[name] = before[name] ?? ''
  })
}

describe('name of an image to import', () => {
  it.each([
    ['ecr-public/nginx/nginx:1.27', repositoryName, { imageTag: '1.27' }],
    ['ecr-public/nginx/nginx', repositoryName, { imageTag: 'latest' }],
    [`ecr-public/nginx/nginx@${digest}`, repositoryName, { imageDigest: digest }],
    [`ecr-public/nginx/nginx:1.27@${digest}`, repositoryName, { imageDigest: digest }],
    ['localhost:4510/ecr-public/nginx/nginx:1.27', repositoryName, { imageTag: '1.27' }],
    ['registry.internal:4510/hub/library/redis', 'hub/library/redis', { imageTag: 'latest' }],
    ['123456789012.dkr.ecr.eu-west-1.amazonaws.com/hub/a:b', 'hub/a', { imageTag: 'b' }],
    ['quay.io/prometheus/prometheus:v3', 'quay.io/prometheus/prometheus', { imageTag: 'v3' }],
  ])('The image name %s is read as Docker reads it, without the registry', (reference, repositoryName, imageId) => {
    expect(namedImage(reference)).toEqual({ reference, repositoryName, imageId })
  })

  it.each(['', ':latest', 'a b', 'app@latest', 'app:'])('The image name %j is refused with the right form', (given) => {
    expect(() => namedImage(given)).toThrow(/ is not an image: expected repository:tag or repository@sha256:…/)
  })
})

describe('ecr-local import', () => {
  async function running() {
    const asked: PullRequest[] = []
    const emulator = await startEmulator({
      importer: {
        pull: () => Promise.reject(new Error('an import is no pull')),
        refreshReferrers: async () => ({}),
        importImage: async (request) => {
          asked.push(request)
          return findImage(emulator.deps.store, request.registry, request.repository, request.imageId)
        },
      },
    })
    const lines: string[] = []
    const steps: Step[] = []
    const config = { ...defaultConfig, port: Number(new URL(emulator.endpoint).port) }
    const run = (images: string[], more = {}) =>
      withEnvironment(environment, () =>
        importImages(config, {
          ...{ images, environment, ...more },
          write: (text) => lines.push(text),
          report: (step) => steps.push(step),
        }),
      )
    return { emulator, asked, lines, steps, run, [Symbol.asyncDispose]: () => emulator[Symbol.asyncDispose]() }
  }

  it('ecr-local import imports each image by a signed call, prints what became of it and reports how far it is', async () => {
    await using at = await running()
    await createRepository(at.emulator.ecr, repositoryName)
    const { digest: pushed } = await pushImage(at.emulator.ecr, repositoryName, { imageTag: 'latest' })

    expect(await at.run([repositoryName, `${repositoryName}:gone`])).toBe(false)

    expect(at.asked).toMatchObject([
      { registry: { account, region }, repository: repositoryName, imageId: { imageTag: 'latest' } },
      { imageId: { imageTag: 'gone' } },
    ])
    expect(at.lines).toEqual([
      expect.stringMatching(new RegExp(`^${repositoryName}  imported ${pushed}, [\\d.]+ s\n$`)),
      expect.stringMatching(new RegExp(`^${repositoryName}:gone  failed: ImageNotFound: .+\n$`)),
    ])
    expect(at.steps).toEqual([
      { doing: `Importing ${repositoryName}`, done: 0, total: 2 },
      { doing: `Importing ${repositoryName}:gone`, done: 1, total: 2 },
    ])
    expect(await at.run([repositoryName])).toBe(true)
  })

  it('ecr-local import --json prints a line of JSON for each image', async () => {
    await using at = await running()
    await createRepository(at.emulator.ecr, repositoryName)
    const { digest: pushed } = await pushImage(at.emulator.ecr, repositoryName, { imageTag: 'latest' })
    expect(await at.run([repositoryName, `${repositoryName}:gone`], { json: true })).toBe(false)
    expect(at.lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { image: repositoryName, imported: true, digest: pushed, seconds: expect.any(Number) },
      {
        ...{ image: `${repositoryName}:gone`, imported: false, seconds: expect.any(Number) },
        ...{ code: 'ImageNotFound', message: expect.any(String) },
      },
    ])
  })

  it('ecr-local import prints the refusal of the plane in its own words', async () => {
    await using at = await running()
    const wrong = { ...environment, AWS_SECRET_ACCESS_KEY: 'wrong' }
    const config = { ...defaultConfig, port: Number(new URL(at.emulator.endpoint).port) }
    const write = (text: string) => at.lines.push(text)
    const run = () => importImages(config, { images: [repositoryName], environment: wrong, write })
    expect(await withEnvironment(wrong, run)).toBe(false)
    expect(at.lines.at(-1)).toMatch(/ {2}failed: InvalidSignatureException: The request signature we calculated /)
  })

  it('ecr-local import says where no emulator answers and which settings choose another', async () => {
    const config = { ...defaultConfig, port: 1 }
    const attempt = importImages(config, { images: ['app'], environment: {}, write: () => {} })
    await expect(attempt).rejects.toThrow(
      'No emulator answers at http://localhost:1: start one, or name the one that runs with --host and --port',
    )
  })

  it('ecr-local import says that a program which answers is not an ecr-local, as other commands do', async () => {
    const other = createServer((_req, res) => void res.end('<html>')).listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    const attempt = importImages({ ...defaultConfig, port }, { images: ['app'], environment: {}, write: () => {} })
    await expect(attempt).rejects.toThrow(`The program at http://localhost:${port} is not an ecr-local of this version`)
    other.close()
  })

  it('ecr-local import needs credentials where the configuration has access keys', async () => {
    const accounts = { '111122223333': { users: { dev: { accessKeys: { AKIDEXAMPLE: 'secret' } } } } }
    const config = { ...defaultConfig, accounts }
    const attempt = importImages(config, { images: ['app'], environment: {}, write: () => {} })
    await expect(attempt).rejects.toThrow(
      'ecr-local import signs its call: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE',
    )
  })
})
