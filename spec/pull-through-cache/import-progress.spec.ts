import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { importProgress } from '../../src/pull-through-cache/imports/import-progress.js'
import { runningImports } from '../../src/pull-through-cache/imports/running-imports.js'
import type { CacheAction } from '../../src/registry/event-log.js'
import { mediaTypes } from '../../src/registry/images/manifest.js'
import { noMetrics } from '../../src/registry/ports/metrics.js'
import { noStatistics } from '../../src/registry/ports/statistics-recorder.js'
import { now, registry, registryWith } from '../support/stocked-store.js'
import { silent } from '../support/silent-log.js'

const plan = { ...registry, repository: 'quay/app', digest: 'sha256:a', tag: 'v1', plannedAt: 0 }
const mib = 1024 * 1024
const image = { mediaType: mediaTypes.ociManifest }
const layers = { blobs: [{ digest: 'sha256:b', size: 31 * mib, mediaType: 'x' }] }

async function progressOf(more: object = {}) {
  const { store } = await registryWith('quay/app')
  await store.rules.put(registry, 'quay', {
    ...{ ecrRepositoryPrefix: 'quay', upstreamRegistryUrl: 'quay.io', createdAt: 0, updatedAt: 0 },
  })
  const recordAction = vi.fn<(action: CacheAction, at: Date) => Promise<void>>(async () => {})
  const clock = { now: async () => now, wall: () => now, advance: async () => now }
  const telemetry = { log: silent, metrics: noMetrics, statistics: noStatistics, recordAction }
  const progress = importProgress({ ...plan, ...more }, { store, clock, running: runningImports(() => {}) }, telemetry)
  const reports = () => recordAction.mock.calls.map(([{ status, outcome }]) => `${status} ${outcome}`)
  return { progress, reports }
}

beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] }))
afterEach(() => void vi.useRealTimers())

describe('import progress', () => {
  it('The progress of an import is reported every five seconds with received and expected bytes', async () => {
    const { progress, reports } = await progressOf()
    const fill = { size: 31 * mib, receivedBytes: 0, done: new Promise<void>(() => {}) }
    progress.image(image, layers)
    progress.fill('sha256:b', fill)
    fill.receivedBytes = 12 * mib
    vi.advanceTimersByTime(5_000)
    await vi.waitFor(() =>
      expect(reports()).toEqual(['IN_PROGRESS importing: 12.0 MiB of 31.0 MiB so far, 0 layers done']),
    )
    progress.stop()
  })

  it('A successful import ends with a report of its bytes, platforms and seconds', async () => {
    const { progress, reports } = await progressOf()
    progress.image(image, layers)
    const done = Promise.resolve()
    progress.fill('sha256:b', { size: 31 * mib, receivedBytes: 31 * mib, done })
    await done
    vi.advanceTimersByTime(900)
    await progress.succeeded()
    expect(reports()).toEqual(['SUCCESS imported 31.0 MiB, 1 platform, 0.9 s'])
    vi.advanceTimersByTime(60_000)
    expect(reports()).toHaveLength(1)
  })

  it('An attestation is not counted as a platform of an import', async () => {
    const { progress, reports } = await progressOf()
    progress.image(image, layers)
    const statement = { digest: 'sha256:c', size: 1, mediaType: 'application/vnd.in-toto+json' }
    progress.image(image, { blobs: [...layers.blobs, statement] })
    await progress.succeeded()
    expect(reports()).toEqual(['SUCCESS imported 0 bytes, 1 platform, 0.0 s'])
  })

  it('A failed import ends with a report of the reason', async () => {
    const { progress, reports } = await progressOf()
    await progress.failed(new Error('The upstream answered 503'))
    expect(reports()).toEqual(['FAILED not imported completely yet: The upstream answered 503'])
  })
})
