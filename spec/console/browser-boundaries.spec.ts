import {
  CreateRepositoryCommand,
  DescribeRepositoriesCommand,
  GetDownloadUrlForLayerCommand,
} from '@aws-sdk/client-ecr'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { request } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mediaTypes } from '../../src/registry/images/manifest.js'
import { type OpenBrowser, openBrowser, signIn, type Tab } from '../support/browser.js'
import { browserNeeds, describeWith } from '../support/describe-with.js'
import { imageManifest, pushLayer } from '../support/push.js'
import { authorizationToken, ecrClient } from '../support/registry-client.js'
import { wholeEmulator } from '../support/whole-emulator.js'

/** Names that mean this machine to the browser, as after DNS rebinding. */
const RESOLVE = '--host-resolver-rules=MAP rebound.example 127.0.0.1,MAP ecr.internal 127.0.0.1'

/** What a page can try with fetch. */
type Attempt = readonly [name: string, path: string, init: object]

const advance = { method: 'POST', body: '{"advanceSeconds":86400}' }
const target = { 'x-amz-target': 'AmazonEC2ContainerRegistry_V20150921.DeleteRepository' }
const attempts: readonly Attempt[] = [
  ['a call of the API', '/', { method: 'POST', headers: target, body: '{"repositoryName":"team/app","force":true}' }],
  ['a call of the API that needs no preflight', '/', { ...advance, mode: 'no-cors' }],
  ['a call of STS with credentials', '/', { method: 'POST', body: 'Action=GetCallerIdentity', credentials: 'include' }],
  ['a presigned URL', '/?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Signature=0', { mode: 'no-cors' }],
  ['a change through an admin endpoint', '/_admin/clock', advance],
  ['a change that needs no preflight', '/_admin/clock', { ...advance, mode: 'no-cors', credentials: 'include' }],
  ['a removal of everything', '/_admin/reset', { method: 'POST', mode: 'no-cors' }],
  ['an admin endpoint', '/_admin/events', {}],
  ['an admin endpoint that is not read', '/_admin/events', { mode: 'no-cors' }],
  ['the registry', '/v2/', { credentials: 'include' }],
  ['the registry that is not read', '/v2/_catalog', { mode: 'no-cors' }],
  ['an upload', '/v2/team/app/blobs/uploads/', { method: 'POST', mode: 'no-cors' }],
  ['health', '/health', {}],
  ['the init scripts', '/_localstack/init', { mode: 'no-cors' }],
  ['the console', '/console/', { mode: 'no-cors' }],
]

/** Runs in a page: every attempt, and what came of it. */
const FETCH_ALL = `async ([origin, attempts]) => Promise.all(attempts.map(async ([name, path, init]) => {
  try { return [name, (await fetch(origin + path, init)).type] } catch (error) { return [name, error.name] }
}))`

/** Runs in a page: the other ways to use another origin, and what came of them. */
const OTHER_WAYS = `async (origin) => {
  const made = (name, members) => Object.assign(document.createElement(name), members)
  const outcome = (element) => new Promise((resolve) => {
    element.onload = () => resolve('loaded')
    element.onerror = () => resolve('refused')
    document.body.append(element)
  })
  const connection = (connecting) => new Promise((resolve) => {
    connecting.onopen = connecting.onmessage = () => resolve('opened')
    connecting.onerror = () => { connecting.close(); resolve('refused') }
  })
  const events = origin + '/_admin/activity'
  const outcomes = {
    image: await outcome(made('img', { src: origin + '/_admin/events' })),
    script: await outcome(made('script', { src: origin + '/_admin/status' })),
    style: await outcome(made('link', { rel: 'stylesheet', href: origin + '/console/' })),
    socket: await connection(new WebSocket(origin.replace('http', 'ws') + '/_admin/activity')),
    events: await connection(new EventSource(events)),
    eventsWithCredentials: await connection(new EventSource(events, { withCredentials: true })),
  }
  navigator.sendBeacon(origin + '/_admin/reset', 'x')
  const form = made('form', { action: origin + '/_admin/clock', method: 'POST', enctype: 'text/plain', target: 'sink' })
  form.append(made('input', { name: '{"advanceSeconds":86400,"x":"', value: '"}' }))
  const sink = made('iframe', { name: 'sink' })
  const sent = new Promise((resolve) => setTimeout(() => { sink.onload = resolve; form.submit() }))
  document.body.append(sink, form)
  await sent
  await outcome(made('iframe', { src: origin + '/console/' }))
  return outcomes
}`

const refusedAll = { image: 'refused', script: 'refused', style: 'refused', socket: 'refused' }

describeWith(browserNeeds, 'Boundaries of the console in a browser', () => {
  let browser: OpenBrowser
  let emulator: Awaited<ReturnType<typeof wholeEmulator>>
  let otherSite: Server
  let port: string

  beforeAll(async () => {
    browser = await openBrowser([RESOLVE])
    emulator = await wholeEmulator({ accounts: undefined, consoleHosts: ['ecr.internal'] })
    port = new URL(emulator.endpoint).port
    await ecrClient(emulator).send(new CreateRepositoryCommand({ repositoryName: 'team/app' }))
    const page = '<!doctype html><title>other</title><body>'
    otherSite = createServer((_, res) => res.writeHead(200, { 'content-type': 'text/html' }).end(page)).listen(0)
    await once(otherSite, 'listening')
  })
  afterAll(async () => {
    await browser[Symbol.asyncDispose]()
    otherSite.close()
    await emulator[Symbol.asyncDispose]()
  })

  const otherPort = () => (otherSite.address() as AddressInfo).port

  /** Runs the text of a function in a page. */
  const run = <T>({ page }: Pick<Tab, 'page'>, code: string, argument?: unknown): Promise<T> =>
    page.evaluate(`(${code})(${JSON.stringify(argument)})`)

  async function requireUnchanged(): Promise<void> {
    const clock = await fetch(`${emulator.endpoint}/_admin/clock`)
    expect(await clock.json()).toMatchObject({ advancedSeconds: 0 })
    const { repositories } = await ecrClient(emulator).send(new DescribeRepositoriesCommand({}))
    expect(repositories?.map(({ repositoryName }) => repositoryName)).toEqual(['team/app'])
  }

  describe('pages of other origins', () => {
    it.each(['localhost', '127.0.0.1'])('A page of another port of %s can read and change nothing', async (host) => {
      await using tab = await browser.open(`http://${host}:${otherPort()}/`)
      const outcomes = await run<[string, string][]>(tab, FETCH_ALL, [emulator.endpoint, attempts])
      expect(outcomes).toEqual(attempts.map(([name]) => [name, 'TypeError']))
      expect(await run(tab, OTHER_WAYS, emulator.endpoint)).toEqual({
        ...refusedAll,
        ...{ events: 'refused', eventsWithCredentials: 'refused' },
      })
      const frames = tab.page.frames().map((frame) => frame.url())
      expect(frames.filter((url) => url.startsWith(emulator.endpoint))).toEqual([])
      expect(frames).toContain('chrome-error://chromewebdata/')
      await requireUnchanged()
    })

    it('A sandboxed frame, whose Origin is null, can read and change nothing', async () => {
      await using tab = await browser.open(`http://localhost:${otherPort()}/`)
      await run(
        tab,
        `(html) => document.body.append(Object.assign(document.createElement('iframe'), { sandbox: 'allow-scripts', srcdoc: html }))`,
        '<!doctype html><body>',
      )
      const frame = tab.page.frames().find((one) => one !== tab.page.mainFrame())!
      await frame.waitForLoadState()
      const outcomes = await frame.evaluate(`(${FETCH_ALL})(${JSON.stringify([emulator.endpoint, attempts])})`)
      expect(outcomes).toEqual(attempts.map(([name]) => [name, 'TypeError']))
      await requireUnchanged()
    })

    it('A page that opens the console or sends a form to it gets neither a handle nor a change', async () => {
      await using tab = await browser.open(`http://localhost:${otherPort()}/`)
      const opened = tab.page.waitForEvent('popup')
      await run(tab, `(url) => { globalThis.opened = window.open(url) }`, `${emulator.endpoint}/console/`)
      await (await opened).getByRole('heading', { name: 'Sign in to ecr-local' }).waitFor()
      expect(await run(tab, `() => globalThis.opened.closed`)).toBe(true)
      await run(
        tab,
        `(action) => { const form = Object.assign(document.createElement('form'), { action, method: 'POST' }); document.body.append(form); form.submit() }`,
        `${emulator.endpoint}/_admin/reset`,
      )
      await tab.page.waitForURL(`${emulator.endpoint}/_admin/reset`)
      expect(await tab.page.textContent('body')).toContain(
        'Admin endpoints answer only to loopback hosts and their own origin',
      )
      await requireUnchanged()
    })

    it('The console at a name that was rebound can neither call the API nor the admin endpoints', async () => {
      await using tab = await browser.open(`http://rebound.example:${port}/console/`)
      const read = `async (paths) => Promise.all(paths.map(async ([path, init]) => [(await fetch(path, init)).status]))`
      const calls = [['/', { method: 'POST' }], ['/_admin/status'], ['/_admin/clock', advance], ['/_localstack/init']]
      expect(await run(tab, read, calls)).toEqual([[403], [403], [403], [403]])
      await requireUnchanged()
    })

    it.each(['localhost', '127.0.0.1', 'ecr.internal'])('A person can sign in to the console at %s', async (host) => {
      await using tab = await browser.open(`http://${host}:${port}/console/`)
      await signIn(tab.page)
      expect(tab.page.url()).toBe(`http://${host}:${port}/console/000000000000/us-east-1/`)
      // Chromium remarks that this header needs TLS or localhost.
      const errors = tab.faults.errors.filter(
        (text) => !text.startsWith('The Cross-Origin-Opener-Policy header has been'),
      )
      expect({ ...tab.faults, errors }).toEqual({ errors: [], failedRequests: [], foreignRequests: [] })
    })
  })

  describe('what a client has stored', () => {
    const SCRIPT = `document.title = 'ran'; globalThis.ran = true; fetch('/_admin/reset', { method: 'POST' })`
    const HTML = `<!doctype html><script>${SCRIPT}</script><img src=x onerror="${SCRIPT}">`
    const inPath = encodeURIComponent(HTML)
    let token: string
    let scriptUrl: string
    let pageUrl: string
    let digests: string[]

    beforeAll(async () => {
      const ecr = ecrClient(emulator)
      token = await authorizationToken(ecr)
      const config = await pushLayer(ecr, 'team/app', '{}')
      const layers = [await pushLayer(ecr, 'team/app', SCRIPT), await pushLayer(ecr, 'team/app', HTML)]
      digests = layers.map(({ digest }) => digest)
      const pushed = await request(`${emulator.endpoint}/v2/team/app/manifests/oci`, {
        method: 'PUT',
        headers: { authorization: `Basic ${token}`, 'content-type': mediaTypes.ociManifest },
        body: imageManifest(config, layers, { annotations: { html: HTML } }),
      })
      expect(pushed.statusCode).toBe(201)
      const urls = await Promise.all(
        digests.map((layerDigest) => {
          const command = new GetDownloadUrlForLayerCommand({ repositoryName: 'team/app', layerDigest })
          return ecr.send(command).then(({ downloadUrl = '' }) => downloadUrl)
        }),
      )
      ;[scriptUrl = '', pageUrl = ''] = urls
    })

    it('No address of an answer that a client has a part in runs its script', async () => {
      const [username = '', password = ''] = Buffer.from(token, 'base64').toString().split(':')
      await using tab = await browser.open(`${emulator.endpoint}/health`, { httpCredentials: { username, password } })
      const addresses = [
        ...['oci', inPath].map((tag) => `/v2/team/app/manifests/${tag}`),
        ...digests.map((digest) => `/v2/team/app/blobs/${digest}`),
        ...[scriptUrl, pageUrl, pageUrl.replace('?', `?${inPath}&`)],
        ...['/v2/_catalog', '/v2/team/app/tags/list', `/v2/${inPath}/tags/list`, `/v2/${inPath}`],
        ...['/_admin/events', `/_admin/explain?requestId=${inPath}`, `/_admin/${inPath}`, `/_localstack/${inPath}`],
        ...[`/${inPath}`, `/?Action=${inPath}`, `/?Action=GetCallerIdentity&Version=${inPath}`, `/console/${inPath}`],
        ...['/health', '/ready', '/metrics', '/_localstack/health'],
      ]
      const seen: string[] = []
      for (const address of addresses) {
        const url = new URL(address, emulator.endpoint).href
        const answered = tab.page.waitForResponse((response) => response.url() === url && response.status() !== 401)
        // A type that a browser does not show is downloaded, which playwright reports as a failed navigation.
        await tab.page.goto(url).catch((error: Error) => {
          if (!/Download is starting|ERR_ABORTED/.test(error.message)) throw error
        })
        const { 'content-security-policy': policy, ...headers } = (await answered).headers()
        const title = await tab.page.title()
        if (title === 'ran' || headers['x-content-type-options'] !== 'nosniff') seen.push(`${address}: ${title}`)
        if (!address.startsWith('/console/') && !policy?.includes('sandbox')) seen.push(`${address}: ${policy}`)
      }
      expect(seen).toEqual([])
      await requireUnchanged()
    })

    it('Stored bytes are no script, style or service worker of the console', async () => {
      const use = `async (url) => {
        const outcome = (make) => new Promise((resolve) => {
          try {
            const element = make()
            element.onload = () => resolve('loaded')
            element.onerror = () => resolve('refused')
            document.head.append(element)
          } catch (error) { resolve(error.name) }
        })
        const made = (name, members) => Object.assign(document.createElement(name), members)
        const worker = navigator.serviceWorker.register(url).then(() => 'registered', (error) => error.name)
        return [
          await outcome(() => made('script', { src: url })),
          await outcome(() => made('script', { src: url, type: 'module' })),
          await outcome(() => made('link', { rel: 'stylesheet', href: url })),
          await worker,
          typeof globalThis.ran,
        ]
      }`
      await using tab = await browser.open(`${emulator.endpoint}/console/`)
      const byPolicy = await run<string[]>(tab, use, scriptUrl)
      expect(byPolicy).toEqual(['TypeError', 'TypeError', 'refused', 'TypeError', 'undefined'])
      // What remains if the policy of the console did not exist: the type of the bytes.
      await using without = await browser.open(`${emulator.endpoint}/console/`, { bypassCSP: true })
      const byType = await run<string[]>(without, use, scriptUrl)
      expect(byType).toEqual(['refused', 'refused', 'refused', 'SecurityError', 'undefined'])
      await requireUnchanged()
    })
  })
})
