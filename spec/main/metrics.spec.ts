import { CreateRepositoryCommand, DescribeImagesCommand, type ECRClient } from '@aws-sdk/client-ecr'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { sharedText } from '../../src/server/health.js'
import { type EmulatorProcess, emulatorProcess } from '../support/emulator-process.js'
import { type FaultyUpstream, faultyUpstream } from '../support/faulty-upstream.js'
import { authorizationToken, ecrClient, registryClient } from '../support/registry-client.js'
import { createRule } from '../support/rules.js'

let upstream: FaultyUpstream
let emulator: EmulatorProcess
let ecr: ECRClient

beforeAll(async () => {
  upstream = await faultyUpstream()
  emulator = await emulatorProcess({ config: { upstreams: { 'public.ecr.aws': { endpoint: upstream.url } } } })
  ecr = ecrClient(emulator)
  await ecr.send(createRule())
})
afterAll(async () => {
  await emulator[Symbol.asyncDispose]()
  await upstream[Symbol.asyncDispose]()
})

const urls = () => ({ control: emulator.endpoint, data: `http://${emulator.registry}` })

async function scrape(url: string): Promise<string[]> {
  const answer = await fetch(`${url}/metrics`)
  expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
  return (await answer.text()).split('\n')
}

/** The value of the metric with this name and these labels. */
const valueOf = (lines: string[], metric: string) => {
  const line = lines.find((text) => text.startsWith(`${metric} `))
  return line === undefined ? undefined : Number(line.slice(metric.length + 1))
}

describe('/metrics', () => {
  it('The metrics count calls by operation and outcome and measure their duration', async () => {
    await ecr.send(new CreateRepositoryCommand({ repositoryName: 'team/app' }))
    for (let count = 0; count < 3; count++)
      await ecr.send(new DescribeImagesCommand({ repositoryName: 'nowhere' })).catch(() => {})
    await fetch(emulator.endpoint, { method: 'POST', headers: { 'x-amz-target': 'Made.Up' } })

    const lines = await scrape(urls().control)
    const labels = (operation: string, outcome: string) =>
      `{plane="control",operation="${operation}",outcome="${outcome}"}`
    const count = (operation: string, outcome: string) =>
      valueOf(lines, `ecr_local_requests_total${labels(operation, outcome)}`)
    expect(count('CreateRepository', 'ok')).toBe(1)
    expect(count('DescribeImages', 'RepositoryNotFoundException')).toBe(3)
    expect(count('unknown', 'UnknownOperationException')).toBe(1)
    const durations = 'ecr_local_request_duration_seconds'
    const describing = 'plane="control",operation="DescribeImages"'
    expect(valueOf(lines, `${durations}_count{${describing}}`)).toBe(3)
    expect(valueOf(lines, `${durations}_bucket{le="+Inf",${describing}}`)).toBe(3)
    expect(valueOf(lines, `${durations}_sum{${describing}}`)).toBeGreaterThan(0)
    expect(lines.join('\n')).not.toMatch(/Made|Up"|team\/app|nowhere/)
  })

  it('The metrics count cache lookups, upstream requests and fills', async () => {
    const image = upstream.addImage('team/app', { tag: 'v1', layers: 2, layerSize: 1000 })
    const client = registryClient(emulator, await authorizationToken(ecr))
    const pull = () => client.get('ecr-public/team/app/manifests/v1')
    expect((await pull()).status).toBe(200)
    expect((await pull()).status).toBe(200)
    const now = (metric: string) =>
      expect.poll(async () => valueOf(await scrape(urls().data), metric), { timeout: 60_000 })
    await now('ecr_local_fills_total{outcome="kept"}').toBe(3)
    for (const digest of image.layers)
      expect((await client.get(`ecr-public/team/app/blobs/${digest}`)).status).toBe(200)
    await client.get('ecr-public/nowhere/manifests/v1')

    // The text of the metrics is cached for a second.
    await now('ecr_local_upstream_requests_total{question="manifest",outcome="not-found"}').toBe(1)
    const lines = await scrape(urls().data)
    const manifests = (result: string) =>
      valueOf(lines, `ecr_local_cache_lookups_total{kind="manifest",result="${result}"}`)
    expect([manifests('hit'), manifests('miss')]).toEqual([1, 2])
    expect(valueOf(lines, 'ecr_local_cache_lookups_total{kind="layer",result="hit"}')).toBe(2)
    const asked = (question: string, outcome: string) =>
      valueOf(lines, `ecr_local_upstream_requests_total{question="${question}",outcome="${outcome}"}`)
    expect([asked('manifest', 'ok'), asked('manifest', 'not-found'), asked('blob', 'ok')]).toEqual([1, 1, 3])
    expect(valueOf(lines, 'ecr_local_fills_in_flight')).toBe(0)
    // The manifest, the config and two layers, although no sweep has run. A count is reused for 20 times as long as it took.
    await now('ecr_local_blobs').toBe(4)
    await now('ecr_local_blob_bytes').toBeGreaterThanOrEqual(2000)
    expect(valueOf(lines, 'ecr_local_fill_bytes_total')).toBeGreaterThanOrEqual(2000)
    const pulls = (outcome: string) =>
      valueOf(lines, `ecr_local_requests_total{plane="data",operation="BatchGetImage",outcome="${outcome}"}`)
    expect([pulls('ok'), pulls('MANIFEST_UNKNOWN')]).toEqual([2, 1])
  })

  it('The metrics of both planes describe the process in text that Prometheus reads', async () => {
    for (const url of Object.values(urls())) {
      const lines = await scrape(url)
      expect(valueOf(lines, 'ecr_local_process_resident_memory_bytes')).toBeGreaterThan(1_000_000)
      const odd = lines.filter(
        (line) => line && !/^(# (HELP|TYPE) \w+ .+|\w+(\{[^}]*\})? (-?[\d.e+-]+|Nan|NaN))$/.test(line),
      )
      expect(odd).toEqual([])
    }
  })
})

describe('text of the metrics', () => {
  it('The text of the metrics is written at most once a second for any number of scrapes', async () => {
    vi.useFakeTimers()
    try {
      const write = vi.fn(async () => ({ contentType: 'text/plain', body: '' }))
      const text = sharedText(write)
      await Promise.all([text(), text(), text()])
      vi.advanceTimersByTime(999)
      await text()
      expect(write).toHaveBeenCalledTimes(1)
      vi.advanceTimersByTime(1)
      await text()
      expect(write).toHaveBeenCalledTimes(2)
    } finally {
      vi.useRealTimers()
    }
  })
})

describe('/ready', () => {
  it('GET /ready says that the store answers', async () => {
    const answer = await fetch(`${emulator.endpoint}/ready`)
    expect({ status: answer.status, body: await answer.json() }).toEqual({
      status: 200,
      body: { status: 'ready', plane: 'both' },
    })
  })
})
