import { describe, expect, it } from 'vitest'
import { changeStorageClass } from '../../src/registry/images/storage-class-change.js'
import { keyOf } from '../../src/registry/ports/store.js'
import { errorIn, registry, type RunningRegistry, startedAt, startRegistry } from '../support/registry.js'
import { makeIndex } from '../support/upstream-content.js'

const archive = ({ deps }: RunningRegistry, digest: string) =>
  changeStorageClass(deps, registry, {
    repository: 'app',
    digest,
    target: { class: 'ARCHIVE' },
    now: startedAt,
    cause: 'request',
  })

const stored = ({ deps }: RunningRegistry, digest: string) => deps.store.images.get(registry, keyOf('app', digest))

async function running() {
  const emulator = await startRegistry()
  await emulator.createRepository('app')
  return emulator
}

describe('archived images in the registry', () => {
  it('A pull of an archived image is 404 with a sentence that says so, by tag and by digest', async () => {
    await using emulator = await running()
    const { digest } = await emulator.push('app', { tag: 'v1' })
    await archive(emulator, digest)

    for (const reference of ['v1', digest]) {
      const answer = await emulator.send('GET', `/v2/app/manifests/${reference}`)
      expect(answer.status).toBe(404)
      expect(errorIn(answer)).toEqual({
        code: 'MANIFEST_UNKNOWN',
        message: 'Requested image is archived. Restore it, or push it again, before you pull it.',
      })
      expect((await emulator.send('HEAD', `/v2/app/manifests/${reference}`)).status).toBe(404)
    }
    expect(await stored(emulator, digest)).not.toHaveProperty('lastPulledAt')
  })

  it('The decision log says how an archived image is restored, and not that no rule serves it', async () => {
    await using emulator = await running()
    const { digest } = await emulator.push('app', { tag: 'v1' })
    await archive(emulator, digest)
    const { headers } = await emulator.send('GET', '/v2/app/manifests/v1')

    expect(emulator.deps.decisions.find(String(headers['x-amzn-requestid']))).toMatchObject({
      end: {
        hint: 'update-image-storage-class with the target STANDARD restores an image; it is ACTIVE after images.restoreSeconds',
      },
    })
  })

  it('The tags of an archived image stay listed', async () => {
    await using emulator = await running()
    const { digest } = await emulator.push('app', { tag: 'v1' })
    await archive(emulator, digest)

    const { body } = await emulator.send('GET', '/v2/app/tags/list')
    expect(JSON.parse(body.toString())).toEqual({ name: 'app', tags: ['v1'] })
  })

  it('Pushing an archived image again makes it available at once, with the tags it had', async () => {
    await using emulator = await running()
    const image = await emulator.push('app', { tag: 'v1' })
    await archive(emulator, image.digest)

    expect((await emulator.putManifest('app', image, 'v2')).status).toBe(201)

    for (const tag of ['v1', 'v2']) expect((await emulator.send('GET', `/v2/app/manifests/${tag}`)).status).toBe(200)
    expect(await stored(emulator, image.digest)).toMatchObject({ archive: { activeFrom: startedAt.getTime() } })
  })

  it('An index of an archived image can be pulled, and not the image', async () => {
    await using emulator = await running()
    const image = await emulator.push('app')
    const index = makeIndex([image])
    await archive(emulator, image.digest)
    await emulator.putManifest('app', index, 'all')

    expect((await emulator.send('GET', '/v2/app/manifests/all')).status).toBe(200)
    expect((await emulator.send('GET', `/v2/app/manifests/${image.digest}`)).status).toBe(404)
  })

  it('An archived image can be deleted', async () => {
    await using emulator = await running()
    const { digest } = await emulator.push('app', { tag: 'v1' })
    await archive(emulator, digest)

    expect((await emulator.send('DELETE', `/v2/app/manifests/${digest}`)).status).toBe(202)
    expect(await stored(emulator, digest)).toBeUndefined()
  })
})
