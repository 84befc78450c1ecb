import { CreatePullThroughCacheRuleCommand } from '@aws-sdk/client-ecr'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { temporaryName } from '../../src/adapters/filesystem/temporary-files.js'
import { describeWith, mountNeeds } from '../support/describe-with.js'
import { type EmulatorProcess, emulatorProcess } from '../support/emulator-process.js'
import { type FaultyUpstream, faultyUpstream } from '../support/faulty-upstream.js'
import { authorizationToken, ecrClient, type RegistryClient, registryClient } from '../support/registry-client.js'
import { runCli, startCli } from '../support/run-cli.js'
import { type SmallDisk, smallDisk } from '../support/small-disk.js'
import { digestOf, makeImage, seededBytes } from '../support/upstream-content.js'

const MiB = 1024 * 1024

describeWith(mountNeeds, 'full disk', () => {
  let disk: SmallDisk
  let upstream: FaultyUpstream
  let emulator: EmulatorProcess
  let client: RegistryClient
  const cached = makeImage({ seed: 'cached', layers: 1, layerSize: 2 * MiB })
  const [layer = ''] = cached.image.layers

  beforeAll(async () => {
    disk = await smallDisk(64 * MiB)
    upstream = await faultyUpstream()
    const dataDir = join(disk.path, 'data')
    await mkdir(dataDir)
    emulator = await emulatorProcess({
      config: {
        upstreams: { 'public.ecr.aws': { endpoint: upstream.url } },
        garbage: { sweepIntervalSeconds: 0 },
      },
      dataDir,
    })
    const ecr = ecrClient(emulator)
    const rule = { ecrRepositoryPrefix: 'ecr-public', upstreamRegistryUrl: 'public.ecr.aws' }
    await ecr.send(new CreatePullThroughCacheRuleCommand(rule))
    client = registryClient(emulator, await authorizationToken(ecr))
    await client.createRepository('team/app')
    upstream.addImage('cached', { tag: 'latest', seed: 'cached', layers: 1, layerSize: 2 * MiB })
    await expectCached()
  })
  afterAll(async () => {
    await emulator[Symbol.asyncDispose]()
    await upstream.close()
    await disk[Symbol.asyncDispose]()
  })

  /** Expects the image that was pulled first to be served, manifest and layer. */
  async function expectCached() {
    const manifest = await client.get('ecr-public/cached/manifests/latest')
    expect([manifest.status, digestOf(manifest.body)]).toEqual([200, cached.image.digest])
    const blob = await client.get(`ecr-public/cached/blobs/${layer}`)
    expect([blob.status, digestOf(blob.body)]).toEqual([200, layer])
  }

  const temporaryFiles = () => readdir(join(emulator.dataDir, 'tmp'))

  it('A push that does not fit on the disk is refused with 507 and the reason', async () => {
    await disk.fill(4 * MiB)
    await expect(client.pushBlob('team/app', seededBytes(8 * MiB, 'large'))).rejects.toThrow(/507 .*no space left/)
    await expectCached()
  })

  it('A pull that does not fit on the disk fails and leaves no temporary file', async () => {
    await disk.free()
    await disk.fill(4 * MiB)
    const image = upstream.addImage('large', { tag: 'latest', seed: 'large', layers: 1, layerSize: 8 * MiB })
    expect((await client.get('ecr-public/large/manifests/latest')).status).toBe(200)
    const answer = client.get(`ecr-public/large/blobs/${image.layers[0] ?? ''}`)
    expect(
      await answer.then(
        ({ status }) => status,
        () => 'cut off',
      ),
    ).toSatisfy(isFailure)
    await expect.poll(temporaryFiles).toEqual([])
    await expectCached()
  })

  it('A full disk refuses every write, and cached images are still served', async () => {
    await disk.free()
    await disk.fill(0)
    await expect(untilRefused((count) => client.createRepository(`team/many-${count}`))).resolves.toMatch(
      /no space left/,
    )
    await expect(client.pushBlob('team/app', seededBytes(MiB, 'small'))).rejects.toThrow()
    upstream.addImage('small', { tag: 'latest', seed: 'small' })
    expect((await client.get('ecr-public/small/manifests/latest')).status).toSatisfy(isFailure)
    await expectCached()
  })

  const commandLine = (...args: string[]) =>
    runCli([...args, '--data-dir', emulator.dataDir, '--log', 'silent'], { cwd: disk.path })

  it('On a full disk ecr-local gc frees space and ecr-local fsck runs', async () => {
    await disk.free()
    const temporary = join(emulator.dataDir, 'tmp', temporaryName('d3b07384-d113-4ec1-a9e5-1f0a7c2b9e64', 999_999_999))
    await writeFile(temporary, Buffer.alloc(4 * MiB))
    await client.pushBlob('team/app', seededBytes(4 * MiB, 'no image came for this'))
    await emulator.advanceClock(2 * 60 * 60)
    await disk.fill(0)
    await untilRefused((count) => client.createRepository(`team/more-${count}`))
    expect(await commandLine('fsck')).toMatchObject({ code: 0, stderr: '' })
    expect(await commandLine('gc')).toMatchObject({
      code: 0,
      stderr: '',
      stdout: expect.stringMatching(/^Removed 1 blob that nothing refers to: 4/m),
    })
    await client.createRepository('team/after-gc')
    await expectCached()
  })

  it('Planes start on a full disk with existing state, and a new data directory is refused', async () => {
    await disk.free()
    await disk.fill(0)
    await untilRefused((count) => client.createRepository(`team/most-${count}`))
    const free = ['--port', '0', '--registry-port', '0']
    await using again = startCli(['start', ...free, '--data-dir', emulator.dataDir], { cwd: disk.path })
    const { registry } = await again.ready()
    expect((await fetch(`http://${registry}/ready`)).status).toBe(200)
    const { code, stderr } = await runCli(['start', ...free, '--data-dir', join(disk.path, 'new')], { cwd: disk.path })
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(/^ecr-local: .*disk.*(full|free).*\n$/) })
  })

  it('Pushes and pulls work again as soon as the disk has free space', async () => {
    await disk.free()
    await expectCached()
    await client.createRepository('team/other')
    const bytes = seededBytes(8 * MiB, 'large')
    const digest = await client.pushBlob('team/app', bytes)
    expect(digestOf((await client.get(`team/app/blobs/${digest}`)).body)).toBe(digest)
    const image = upstream.addImage('large', { tag: 'latest', seed: 'large', layers: 1, layerSize: 8 * MiB })
    const pulled = await client.get(`ecr-public/large/blobs/${image.layers[0] ?? ''}`)
    expect([pulled.status, digestOf(pulled.body)]).toEqual([200, image.layers[0]])
    expect((await client.get('ecr-public/small/manifests/latest')).status).toBe(200)
  })
})

/** The message of the first refusal: a database may have some free space of its own. */
async function untilRefused(work: (count: number) => Promise<void>): Promise<string> {
  for (let count = 0; count < 2_000; count++) {
    try {
      await work(count)
    } catch (error) {
      return String(error)
    }
  }
  return 'never refused'
}

const isFailure = (status: unknown) => status === 'cut off' || status === 503 || status === 507
