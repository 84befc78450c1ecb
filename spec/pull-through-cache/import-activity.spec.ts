import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { memoryKeyValue } from '../../src/adapters/memory/key-value.js'
import { publishedImports } from '../../src/pull-through-cache/imports/activity-records.js'
import type { ImportActivity } from '../../src/registry/cache-rules/import-activity.js'
import { mediaTypes } from '../../src/registry/images/manifest.js'
import { StoreUnavailable } from '../../src/registry/ports/key-value.js'
import { installation } from '../../src/registry/registry.js'
import { storeOf } from '../../src/store/store-of.js'
import { registry } from '../support/cache.js'
import { silent } from '../support/silent-log.js'

const plan = { ...registry, repository: 'quay/app', digest: 'sha256:a', tag: 'v1', plannedAt: 5 }
const image = { mediaType: mediaTypes.ociManifest }
const blobs = (...digests: string[]) => ({ blobs: digests.map((digest) => ({ digest, size: 100, mediaType: 'x' })) })

/** A fill that the spec lets grow and end. */
function fillOf(size = 100) {
  let end = { resolve: () => {}, reject: (_: Error) => {} }
  const done = new Promise<void>((resolve, reject) => (end = { resolve, reject }))
  return { size, receivedBytes: 0, done, ...end }
}

function published() {
  const keyValue = memoryKeyValue()
  const commits = vi.fn(keyValue.commit)
  const store = storeOf({ ...keyValue, commit: commits })
  const imports = publishedImports({ store, ids: { uuid: () => 'this-process' }, log: silent })
  const record = () => store.importActivity.get(installation, 'this-process')
  return { imports, record, commits }
}

/** Lets seconds pass, and what happens in them. */
async function pass(seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second++) await vi.advanceTimersByTimeAsync(1_000)
}

beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] }))
afterEach(() => void vi.useRealTimers())

describe('what a process imports', () => {
  it('Each layer is waiting, receiving or stored, and the bytes are those of all layers that are here', async () => {
    const { imports } = published()
    const { tally } = imports.begin(plan)
    tally.image(image, blobs('b', 'c', 'd', 'e'))
    tally.stored('b')
    const [fill, failing] = [fillOf(), fillOf()]
    tally.fill('c', fill)
    tally.fill('d', failing)
    fill.receivedBytes = 40
    failing.receivedBytes = 60
    expect(imports.activity().imports).toEqual([
      {
        ...plan,
        receivedBytes: 200,
        expectedBytes: 400,
        layers: [
          { digest: 'b', size: 100, receivedBytes: 100, state: 'stored' },
          { digest: 'c', size: 100, receivedBytes: 40, state: 'receiving' },
          { digest: 'd', size: 100, receivedBytes: 60, state: 'receiving' },
          { digest: 'e', size: 100, receivedBytes: 0, state: 'waiting' },
        ],
        layersLeftOut: 0,
      },
    ])
    fill.resolve()
    failing.reject(new Error('the upstream broke off'))
    await pass(0)
    const states = imports.activity().imports[0]!.layers.map(({ state }) => state)
    expect(states).toEqual(['stored', 'stored', 'waiting', 'waiting'])
  })

  it('Of many layers those that are stored are left out first, and their bytes still count', () => {
    const { imports } = published()
    const { tally } = imports.begin(plan)
    const digests = Array.from({ length: 600 }, (_, index) => `layer ${index}`)
    tally.image(image, blobs(...digests))
    for (const digest of digests.slice(0, 200)) tally.stored(digest)
    const [shown] = imports.activity().imports
    expect(shown).toMatchObject({ receivedBytes: 20_000, expectedBytes: 60_000, layersLeftOut: 100 })
    expect(shown!.layers.filter(({ state }) => state === 'waiting')).toHaveLength(400)
    expect(shown!.layers).toHaveLength(500)
  })

  it('A complete import is shown for a moment, and a stopped one is not', async () => {
    const { imports } = published()
    const [complete, stopped] = [imports.begin(plan), imports.begin({ ...plan, digest: 'sha256:z' })]
    complete.end('complete')
    stopped.end('stopped')
    expect(imports.activity().imports).toMatchObject([{ digest: 'sha256:a' }])
    await pass(3)
    expect(imports.activity().imports).toEqual([])
  })

  it('A layer that is received for a client is shown, and for a moment after it is stored', async () => {
    const { imports } = published()
    const fill = fillOf()
    imports.transfer('b', fill)
    fill.receivedBytes = 70
    expect(imports.activity().transfers).toEqual([{ digest: 'b', receivedBytes: 70 }])
    fill.resolve()
    await pass(0)
    expect(imports.activity().transfers).toEqual([{ digest: 'b', receivedBytes: 100 }])
    await pass(3)
    expect(imports.activity().transfers).toEqual([])
  })
})

describe('the record of what a process imports', () => {
  it('An import that takes less than a second causes no write', async () => {
    const { imports, commits } = published()
    const [run, fill] = [imports.begin(plan), fillOf()]
    imports.transfer('b', fill)
    fill.resolve()
    await vi.advanceTimersByTimeAsync(900)
    run.end('complete')
    await pass(10)
    expect(commits).not.toHaveBeenCalled()
  })

  it('A longer import is written once a second with a new beat, and removed when it is no longer shown', async () => {
    const { imports, record, commits } = published()
    const run = imports.begin(plan)
    await pass(1)
    expect(await record()).toMatchObject({ process: 'this-process', imports: [plan] })
    const { beat } = (await record()) as ImportActivity
    await pass(2)
    expect((await record())?.beat).toBe(beat + 2)
    expect(commits).toHaveBeenCalledTimes(3)
    run.end('complete')
    await pass(2)
    expect((await record())?.imports).toMatchObject([{ digest: 'sha256:a' }])
    await pass(2)
    expect(await record()).toBeUndefined()
    const writes = commits.mock.calls.length
    await pass(10)
    expect(commits).toHaveBeenCalledTimes(writes)
  })

  it('A store that fails for a while is written again when it answers', async () => {
    const { imports, record, commits } = published()
    imports.begin(plan)
    commits.mockRejectedValueOnce(new StoreUnavailable('the store is away'))
    await pass(1)
    expect(await record()).toBeUndefined()
    await pass(1)
    expect(await record()).toMatchObject({ imports: [plan] })
  })

  it('A process that stops removes its record, and what begins afterwards is not written', async () => {
    const { imports, record } = published()
    imports.begin(plan)
    await pass(1)
    expect(await record()).toBeDefined()
    await imports.stop()
    expect(await record()).toBeUndefined()
    imports.begin(plan)
    await pass(3)
    expect(await record()).toBeUndefined()
  })
})
