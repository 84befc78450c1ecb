import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { RunOptions } from 'axe-core'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { browserFile } from './system-tools.js'

/** A browser of a spec file. Each of its tabs has a session of its own. */
export interface OpenBrowser extends AsyncDisposable {
  /** Opens a tab at an address, which waits until the document and its scripts are loaded. */
  open(address: string, options?: BrowserContextOptions): Promise<Tab>
}

/** A tab, and what was seen in it since it was opened. */
export interface Tab extends AsyncDisposable {
  readonly page: Page
  /** What a page without faults leaves empty. */
  readonly faults: Faults
}

/** Faults of a page, in the order in which they happened. */
export interface Faults {
  /** Console errors, which include violations of the content security policy, and exceptions that nothing caught. */
  readonly errors: readonly string[]
  /** Requests without an answer; those that the page itself gave up are none. */
  readonly failedRequests: readonly string[]
  /** Requests to any other origin than that of the address that was opened. */
  readonly foreignRequests: readonly string[]
}

/**
 * The Chromium of this machine, without a window. `args` are those of its command line. Throws if there is none:
 * `scripts/install-system-tools.sh`.
 */
export async function openBrowser(args: string[] = []): Promise<OpenBrowser> {
  const executablePath = browserFile()
  if (executablePath === undefined) throw new Error('There is no Chromium: scripts/install-system-tools.sh')
  const browser = await chromium.launch({ executablePath, args })
  return {
    open: (address, options) => openTab(browser, address, options),
    [Symbol.asyncDispose]: () => browser.close(),
  }
}

/** The size of a usual screen; a spec that is about others says so. */
const VIEWPORT = { width: 1280, height: 800 }

/** The longest that a spec waits for an element, on a machine that has much else to do. */
const WAIT_MS = 30_000

async function openTab(browser: Browser, address: string, options: BrowserContextOptions = {}): Promise<Tab> {
  const context = await browser.newContext({ viewport: VIEWPORT, reducedMotion: 'reduce', ...options })
  context.setDefaultTimeout(WAIT_MS)
  const page = await context.newPage()
  const faults = watch(page, new URL(address).origin)
  await page.goto(address)
  return { page, faults, [Symbol.asyncDispose]: () => context.close() }
}

/** The browser's own line about an answer that is a refusal; pages show what the service says. */
const REFUSED = /^Failed to load resource: the server responded with a status of \d/

function watch(page: Page, origin: string): Faults {
  const errors: string[] = []
  const failedRequests: string[] = []
  const foreignRequests: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' && !REFUSED.test(message.text())) errors.push(message.text())
  })
  page.on('pageerror', (error) => errors.push(error.stack ?? String(error)))
  page.on('requestfailed', (request) => {
    const reason = request.failure()?.errorText ?? ''
    if (reason !== 'net::ERR_ABORTED') failedRequests.push(`${request.method()} ${request.url()} ${reason}`)
  })
  page.on('request', (request) => {
    const url = request.url()
    if (!/^(data|blob|about):/.test(url) && new URL(url).origin !== origin) foreignRequests.push(url)
  })
  return { errors, failedRequests, foreignRequests }
}

/** Credentials in the form of the console's sign-in page. */
export interface SignIn {
  readonly accessKeyId?: string
  readonly secretAccessKey?: string
}

/** Signs in on the page of the console that asks for it; by default with the key `test`. */
export async function signIn(
  page: Page,
  { accessKeyId = 'test', secretAccessKey = 'test' }: SignIn = {},
): Promise<void> {
  await page.getByLabel('Access key ID').fill(accessKeyId)
  await page.getByLabel('Secret access key').fill(secretAccessKey)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('navigation').first().waitFor()
  await page.getByRole('heading', { level: 1 }).first().waitFor()
}

/** Runs in the page: resolves once it has a heading, and nothing on it has changed for a moment. */
const SETTLED = `new Promise((resolve) => {
  const settle = () => document.querySelector('h1') ? resolve() : wait()
  let timer
  const wait = () => { clearTimeout(timer); timer = setTimeout(settle, 200) }
  new MutationObserver(wait).observe(document, { subtree: true, childList: true, characterData: true, attributes: true })
  wait()
})`

/** Waits until a page has shown what it asked for. */
export const settled = async (page: Page): Promise<void> => void (await page.evaluate(SETTLED))

/** WCAG 2.2 at level AA, and what axe recommends beyond it. */
const RULES: RunOptions['runOnly'] = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

/** The rules of axe whose outcome differs between light and dark. */
export const COLOR_RULES: RunOptions['runOnly'] = ['color-contrast', 'link-in-text-block']

/** What axe finds wrong with a page as it stands, one line for each element. */
export async function axe(page: Page, runOnly: RunOptions['runOnly'] = RULES): Promise<string[]> {
  // The evaluation of a spec is no script of the page, to which the content security policy would apply.
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(await axeSource())
  const options: RunOptions = { runOnly, resultTypes: ['violations'] }
  const { violations } = await page.evaluate((rules) => globalThis.axe.run(rules), options)
  return violations.flatMap(({ id, impact, help, nodes }) =>
    nodes.map(({ target, html }) => `${id} (${impact ?? 'none'}): ${help}: ${target.join(' ')}: ${html}`),
  )
}

const axeSource = () => readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

declare global {
  var axe: typeof import('axe-core')
}
