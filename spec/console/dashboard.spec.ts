import { setTimeout as sleep } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { type OpenBrowser, openBrowser, signIn, type Tab } from '../support/browser.js'
import { browserNeeds, describeWith, skopeoNeeds } from '../support/describe-with.js'
import { type EmulatorProcess, emulatorProcess } from '../support/emulator-process.js'
import { type FaultyUpstream, faultyUpstream } from '../support/faulty-upstream.js'
import { authorizationToken, ecrClient } from '../support/registry-client.js'
import { createRule } from '../support/rules.js'
import { skopeo } from '../support/skopeo.js'
import { type TcpProxy, tcpProxy } from '../support/tcp-proxy.js'
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.js'

/** The picture with this title; arrow keys go through its buckets. */
const pictureOf = (page: Page, title: string) => page.getByRole('slider', { name: `${title}, over time` })

/** The figure with this label. */
const figureOf = (page: Page, label: string) =>
  page.locator('dt', { hasText: label }).locator('xpath=following-sibling::dd').innerText()

/** What is said of a bucket without any pulls, after its time. */
const NO_PULLS = 'From cache: 0, From upstream: 0'

/** Waits out the end of a minute: pulls of two minutes are two points of a picture. */
async function firstHalfOfMinute(): Promise<void> {
  const seconds = new Date().getSeconds()
  if (seconds >= 30) await sleep((60 - seconds) * 1000)
}

describeWith({ ...browserNeeds, ...skopeoNeeds }, 'The dashboard of the console', () => {
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
    upstream.addImage('app', { tag: 'latest', layerSize: 3_000_000 })
    await start()
    proxy = await tcpProxy({ port: () => Number(new URL(emulator.endpoint).port) })
    tab = await browser.open(`http://localhost:${proxy.port}/console/000000000000/us-east-1/`)
    await signIn(tab.page)
  })
  afterAll(async () => {
    for (const one of [tab, browser, proxy, emulator, upstream, data]) await one[Symbol.asyncDispose]()
  })

  it('An empty registry shows the three steps to the first image, for this address and Region', async () => {
    const { page } = tab
    const origin = `http://localhost:${proxy.port}`
    await page.getByRole('heading', { name: 'Get started' }).waitFor()
    const text = (await page.getByRole('main').innerText()).replace(/\s+/g, ' ')
    expect(text).toContain(
      `aws ecr create-pull-through-cache-rule --ecr-repository-prefix ecr-public --upstream-registry-url public.ecr.aws --endpoint-url ${origin} --region us-east-1`,
    )
    expect(text).toContain(
      `aws ecr get-login-password --region us-east-1 --endpoint-url ${origin} | docker login --username AWS --password-stdin localhost:${proxy.port}`,
    )
    expect(text).toContain(`docker pull localhost:${proxy.port}/ecr-public/docker/library/alpine:latest`)
    expect(text).toContain('No pulls in the last hour.')
    await page.getByRole('link', { name: 'Add a rule here' }).waitFor()
    await ecrClient(emulator).send(createRule())
    await page.reload()
    await page.getByLabel('Done', { exact: true }).waitFor()
  })

  it('Pulls of skopeo are seen within seconds: in the figures, in the picture and in its table', async () => {
    const { page } = tab
    const client = skopeo(
      Buffer.from(await authorizationToken(ecrClient(emulator)), 'base64')
        .toString()
        .slice(4),
    )
    await using directory = await temporaryDirectory()
    const image = `${emulator.registry}/ecr-public/app:latest`
    await firstHalfOfMinute()
    await client.copyAll(image, `${directory.path}/cold`)
    await client.copyAll(image, `${directory.path}/warm`)
    await vi.waitFor(async () => expect(await figureOf(page, 'Pulls')).toBe('2'), WITHIN)
    expect(await figureOf(page, 'From cache')).toMatch(/^50\s%$/)
    // The second pull's bytes, and of the first one those that the backlog had fetched before skopeo asked.
    expect(parseFloat(await figureOf(page, 'The upstream was spared'))).toBeGreaterThanOrEqual(5.7)
    const picture = pictureOf(page, 'Pulls per minute')
    await picture.focus()
    for (let at = 0; at < 3 && (await picture.getAttribute('aria-valuetext'))?.endsWith(NO_PULLS); at++)
      await page.keyboard.press('ArrowLeft')
    expect(await picture.getAttribute('aria-valuetext')).toMatch(/From cache: 1, From upstream: 1$/)
    const ofMinute = page.getByRole('list').filter({ hasText: 'From upstream' }).first()
    await expect.poll(() => ofMinute.innerText()).toMatch(/From cache: 1\s+From upstream: 1/)

    await page.getByRole('button', { name: 'Show table: Pulls per minute' }).click()
    const table = page.getByRole('table', { name: /Pulls per minute/ })
    await expect.poll(() => table.getByRole('row').allInnerTexts()).toContainEqual(expect.stringMatching(/\b1\s+1$/))
    expect(new URL(page.url()).searchParams.getAll('table')).toEqual(['pulls'])
  })

  it('The images, who pulled them, and what the cache holds are named', async () => {
    const { page } = tab
    expect(await page.getByRole('list', { name: 'Most pulled images' }).innerText()).toMatch(
      /^ecr-public\/app:latest\s+2 pulls, 11\.4 MiB$/,
    )
    expect(await page.getByRole('list', { name: 'Who pulled' }).innerText()).toMatch(
      /^arn:aws:iam::000000000000:root\s+2 pulls, 11\.4 MiB$/,
    )
    const rules = page.getByRole('list', { name: 'What the cache holds' })
    await expect.poll(() => rules.innerText(), WITHIN).toMatch(/ecr-public \(public\.ecr\.aws\)\s+5\.7 MiB, 1 image/)
    await page.getByRole('heading', { name: 'Get started' }).waitFor({ state: 'detached' })
  })

  it('The last day is another view, whose address shows the same after a reload', async () => {
    const { page } = tab
    await page.getByRole('button', { name: 'Last day' }).click()
    await page.getByRole('heading', { name: 'Last day' }).waitFor()
    expect(new URL(page.url()).searchParams.get('period')).toBe('day')
    await page.reload()
    await page.getByRole('heading', { name: 'Last day' }).waitFor()
    expect(await figureOf(page, 'Pulls')).toBe('2')
    await page.getByRole('table', { name: /Pulls per ten minutes/ }).waitFor()
    expect(await pictureOf(page, 'Bytes per ten minutes').getAttribute('aria-valuemax')).toBe('143')
  })

  it('The dashboard says that the emulator has stopped and keeps its figures; once it runs again they continue from before', async () => {
    const { page } = tab
    await emulator.stop()
    await page.getByText('ecr-local does not answer').first().waitFor()
    expect(await figureOf(page, 'Pulls')).toBe('2')
    await emulator[Symbol.asyncDispose]()
    await start()
    await page.getByText('ecr-local does not answer').first().waitFor({ state: 'detached' })
    expect(await figureOf(page, 'Pulls')).toBe('2')
    expect(tab.faults.errors.filter((error) => !error.includes('net::ERR_'))).toEqual([])
  })
})

/** Statistics are stored after some seconds, and asked for every five. */
const WITHIN = { timeout: 30_000, interval: 200 }
