import { ECRClient } from '@aws-sdk/client-ecr'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type OpenBrowser, openBrowser, signIn, type Tab } from '../support/browser.js'
import { browserNeeds, describeWith, skopeoNeeds } from '../support/describe-with.js'
import { type EmulatorProcess, emulatorProcess } from '../support/emulator-process.js'
import { type FaultyUpstream, faultyUpstream } from '../support/faulty-upstream.js'
import { createRepository, pushImage } from '../support/push.js'
import { authorizationToken, ecrClient } from '../support/registry-client.js'
import { createRule } from '../support/rules.js'
import { skopeo } from '../support/skopeo.js'
import { type TcpProxy, tcpProxy } from '../support/tcp-proxy.js'
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.js'
import { drip } from '../support/upstream-faults.js'

const MIB = 1024 * 1024

/** The rows of the events on the open page, the latest first. */
const eventsOf = async (page: Page) =>
  (await page.getByRole('table').getByRole('row').allInnerTexts()).slice(1).map((row) => row.replace(/\s+/g, ' '))

describeWith({ ...browserNeeds, ...skopeoNeeds }, 'The activity page of the console', () => {
  let browser: OpenBrowser
  let upstream: FaultyUpstream
  let data: TemporaryDirectory
  let emulator: EmulatorProcess
  let proxy: TcpProxy
  let tab: Tab

  const start = async () => {
    const config = { upstreams: { 'public.ecr.aws': { endpoint: upstream.url } } }
    emulator = await emulatorProcess({ dataDir: data.path, config })
  }
  beforeAll(async () => {
    ;[browser, upstream, data] = await Promise.all([openBrowser(), faultyUpstream(), temporaryDirectory()])
    upstream.addImage('app', { tag: 'latest', layers: 3, layerSize: 100 * MIB })
    upstream.fault('GET /v2/app/blobs/', drip(MIB, 40))
    await start()
    proxy = await tcpProxy({ port: () => Number(new URL(emulator.endpoint).port) })
    tab = await browser.open(`http://localhost:${proxy.port}/console/000000000000/us-east-1/activity`)
    await signIn(tab.page)
    await tab.page.getByText('Live', { exact: true }).waitFor()
  })
  afterAll(async () => {
    for (const one of [tab, browser, proxy, emulator, upstream, data]) await one[Symbol.asyncDispose]()
  })

  it('An import of 300 MB is seen moving, with its layers, until an event reports its end', async () => {
    const { page } = tab
    await page.getByText('No imports in flight.').waitFor()
    await ecrClient(emulator).send(createRule())
    const password = Buffer.from(await authorizationToken(ecrClient(emulator)), 'base64')
      .toString()
      .slice(4)
    await skopeo(password).raw(`${emulator.registry}/ecr-public/app:latest`)

    const bar = page.getByRole('progressbar', { name: 'Import of ecr-public/app:latest' })
    const layers = page.getByRole('progressbar', { name: /^Layer sha256:/ })
    await bar.waitFor()
    const seen = new Set<number>()
    const layersSeen = new Set<number>()
    for (const stop = Date.now() + 60_000; Date.now() < stop && (await bar.count()) > 0;) {
      const [value] = await bar.evaluateAll((bars: unknown[]) => bars.map((one) => (one as { value: number }).value))
      if (value !== undefined) seen.add(value)
      layersSeen.add(await layers.count())
      if (seen.size === 2) expect(await page.getByRole('main').innerText()).toMatch(/ MiB of 300\.0 MiB, begun at /)
    }
    expect([...seen]).toEqual([...seen].sort((a, b) => a - b))
    expect(seen.size).toBeGreaterThan(4)
    expect(Math.max(...layersSeen)).toBe(4)
    await page.getByText('No imports in flight.').waitFor()
    const imported =
      /Import ecr-public\/app:latest was imported from public\.ecr\.aws imported 300\.0 MiB.* rule ecr-public/
    await expect.poll(() => eventsOf(page), WITHIN).toContainEqual(expect.stringMatching(imported))
    const begun = /Import ecr-public\/app:latest is being imported from public\.ecr\.aws/
    expect(await eventsOf(page)).toContainEqual(expect.stringMatching(begun))
    await page.getByRole('link', { name: 'ecr-public/app:latest' }).first().waitFor()
  })

  it('Events appear as they happen, are filtered by kind and text, and are also shown as raw JSON', async () => {
    const { page } = tab
    const ecr = ecrClient(emulator)
    await createRepository(ecr, 'team/app')
    await pushImage(ecr, 'team/app', { imageTag: '1' })
    await expect
      .poll(() => eventsOf(page), WITHIN)
      .toContainEqual(expect.stringMatching(/Image team\/app:1 was pushed sha256:/))

    await page.getByRole('button', { name: 'Kind of events' }).click()
    await page.getByRole('option', { name: 'Import' }).click()
    await expect.poll(async () => (await eventsOf(page)).every((row) => row.includes(' Import '))).toBe(true)
    await page.getByRole('searchbox', { name: 'Find events' }).fill('is being')
    await expect.poll(async () => (await eventsOf(page)).every((row) => row.includes('is being imported'))).toBe(true)
    await page.getByRole('button', { name: 'Raw' }).click()
    const { searchParams } = new URL(page.url())
    expect(Object.fromEntries(searchParams)).toEqual({ kind: 'Import', view: 'raw', q: 'is being' })
    await page.getByRole('searchbox', { name: 'Find events' }).fill('IN_PROGRESS')
    const isRaw = (row: string) => row.includes('"sync-status":"IN_PROGRESS"')
    await expect.poll(async () => (await eventsOf(page)).every(isRaw)).toBe(true)
    await page.reload()
    await expect.poll(async () => (await eventsOf(page)).filter(isRaw).length, WITHIN).toBeGreaterThan(0)
    expect((await eventsOf(page)).every(isRaw)).toBe(true)
  })

  it('While it is paused, what is new is counted only; another registry is seen with all registries', async () => {
    const { page } = tab
    await page.goto(`http://localhost:${proxy.port}/console/000000000000/us-east-1/activity`)
    await expect.poll(async () => (await eventsOf(page)).length, WITHIN).toBeGreaterThan(1)
    await page.getByRole('button', { name: 'Pause' }).click()
    await pushImage(ecrClient(emulator), 'team/app', { imageTag: '2', layer: 'another' })
    await page.getByText('Paused: 1 new since').waitFor()
    expect(await eventsOf(page)).not.toContainEqual(expect.stringContaining('team/app:2'))
    await page.getByRole('button', { name: 'Continue' }).click()
    await expect.poll(() => eventsOf(page)).toContainEqual(expect.stringContaining('team/app:2'))

    const credentials = { accessKeyId: '111122223333', secretAccessKey: 'test' }
    const other = new ECRClient({ endpoint: emulator.endpoint, region: 'eu-west-1', credentials })
    await createRepository(other, 'elsewhere')
    await pushImage(other, 'elsewhere', { imageTag: '3' })
    await page.getByRole('button', { name: 'All registries' }).click()
    await expect
      .poll(() => eventsOf(page), WITHIN)
      .toContainEqual(expect.stringMatching(/elsewhere:3 was pushed .* 111122223333 eu-west-1$/))
    expect(new URL(page.url()).searchParams.get('scope')).toBe('all')
  })

  it('It says when it is not connected, and goes on with what it missed, each event once', async () => {
    const { page } = tab
    const before = await eventsOf(page)
    await emulator.stop()
    await page.getByText('Not connected').first().waitFor()
    expect(await eventsOf(page)).toEqual(before)
    await emulator[Symbol.asyncDispose]()
    await start()
    await page.getByText('Live', { exact: true }).waitFor()
    await pushImage(ecrClient(emulator), 'team/app', { imageTag: '4', layer: 'a fourth' })
    await expect.poll(async () => (await eventsOf(page))[0], WITHIN).toMatch(/team\/app:4 was pushed/)
    expect((await eventsOf(page)).slice(1, before.length + 1)).toEqual(before)
    expect(tab.faults.errors.filter((error) => !error.includes('net::ERR_'))).toEqual([])
  })
})

/** The store is read for new events about twice a second. */
const WITHIN = { timeout: 30_000 }
