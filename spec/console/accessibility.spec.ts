import {
  CreatePullThroughCacheRuleCommand,
  CreateRepositoryCommand,
  DescribeRepositoriesCommand,
  PutRegistryPolicyCommand,
} from '@aws-sdk/client-ecr'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { axe, COLOR_RULES, type OpenBrowser, openBrowser, settled, signIn, type Tab } from '../support/browser.js'
import { browserNeeds, describeWith } from '../support/describe-with.js'
import { pushImage } from '../support/push.js'
import { ecrClient } from '../support/registry-client.js'
import { wholeEmulator } from '../support/whole-emulator.js'

const sizeOf = (width: number) => ({ width, height: 900 })
const [narrow, usual, wide] = [sizeOf(360), sizeOf(1280), sizeOf(2560)]

describeWith(browserNeeds, 'Every page of the console', () => {
  let browser: OpenBrowser
  let emulator: Awaited<ReturnType<typeof wholeEmulator>>

  beforeAll(async () => {
    browser = await openBrowser()
    emulator = await wholeEmulator({ accounts: undefined, network: { egress: 'none' } })
    await fill()
  })
  afterAll(async () => {
    await browser[Symbol.asyncDispose]()
    await emulator[Symbol.asyncDispose]()
  })

  /** A registry in which no list is empty. */
  async function fill(): Promise<void> {
    const ecr = ecrClient(emulator)
    await ecr.send(new CreateRepositoryCommand({ repositoryName: 'team/app' }))
    await pushImage(ecr, 'team/app', { imageTag: 'v1' })
    const rule = { ecrRepositoryPrefix: 'ecr-public', upstreamRegistryUrl: 'public.ecr.aws' }
    await ecr.send(new CreatePullThroughCacheRuleCommand(rule))
    const statement = {
      Sid: 'cache',
      Effect: 'Allow',
      Principal: { AWS: '111122223333' },
      Action: 'ecr:BatchImportUpstreamImage',
      Resource: 'arn:aws:ecr:us-east-1:000000000000:repository/ecr-public/*',
    }
    const policyText = JSON.stringify({ Version: '2012-10-17', Statement: [statement] })
    await ecr.send(new PutRegistryPolicyCommand({ policyText }))
  }

  /** How many pixels the document is wider than its window, which a component may notice a moment later. */
  async function overflowOf({ page }: Tab): Promise<number> {
    const measure = 'document.documentElement.scrollWidth - document.documentElement.clientWidth'
    if ((await page.evaluate<number>(measure)) > 0) await settled(page)
    return page.evaluate<number>(measure)
  }

  /** What is wrong with the page that is open, in both appearances and at every width; empty if nothing is. */
  async function faultsOf(tab: Tab): Promise<string[]> {
    const { page } = tab
    await settled(page)
    const light = await axe(page)
    await page.emulateMedia({ colorScheme: 'dark' })
    await page.locator('body.awsui-dark-mode').waitFor()
    const dark = await axe(page, COLOR_RULES)
    await page.emulateMedia({ colorScheme: 'light' })
    const sizes: string[] = []
    for (const size of [narrow, wide]) {
      await page.setViewportSize(size)
      const overflow = await overflowOf(tab)
      if (overflow > 0) sizes.push(`${size.width} px: the document is ${overflow} px wider than the window`)
    }
    await page.setViewportSize(usual)
    return [...light, ...dark.map((fault) => `dark: ${fault}`), ...sizes]
  }

  /** The addresses that the links of a part of the page lead to. */
  const linksIn = (tab: Tab, selector: string) =>
    tab.page.evaluate<string[]>(`[...document.querySelectorAll('${selector}')].map((link) => link.pathname)`)

  /**
   * Goes to an address as the buttons of the browser do, because loading the console anew would take longer than the
   * rest, and waits for the page, whose title is another than that of the page before.
   */
  async function show({ page }: Tab, path: string): Promise<void> {
    const before = page.url().endsWith(path) ? '' : await page.title()
    await page.evaluate(`history.pushState(null, '', '${path}'), dispatchEvent(new PopStateEvent('popstate'))`)
    await expect.poll(() => page.title()).not.toBe(before)
  }

  /** The pages of an image and of a decision, which no list of this registry links to. */
  async function pagesOfOne(root: string): Promise<string[]> {
    const { $metadata } = await ecrClient(emulator).send(new DescribeRepositoriesCommand({}))
    return [`${root}images/${encodeURIComponent('team/app')}/v1`, `${root}why/${$metadata.requestId}`]
  }

  it('The page to sign in has no fault', async () => {
    await using tab = await browser.open(`${emulator.endpoint}/console/`, { viewport: usual })
    expect(await faultsOf(tab)).toEqual([])
    expect(tab.faults).toEqual({ errors: [], failedRequests: [], foreignRequests: [] })
  })

  it('No page has a fault that axe finds, is wider than its window, logs an error or asks another origin', async () => {
    await using tab = await browser.open(`${emulator.endpoint}/console/`, { viewport: usual })
    await signIn(tab.page)
    const pages = await linksIn(tab, 'nav li a')
    expect(pages.length).toBeGreaterThan(10)
    const found: string[] = []
    const titles = new Set<string>()
    const visited: string[] = []
    for (const path of pages) {
      await show(tab, path)
      found.push(...(await faultsOf(tab)).map((fault) => `${path}: ${fault}`))
      titles.add(await tab.page.title())
      // The pages below it that it links to, such as those of the first rule and of the form for another.
      const below = (await linksIn(tab, 'main a')).filter((link) => link.startsWith(`${path}/`) && path !== pages[0])
      for (const deep of [...new Set(below)].slice(0, 3)) {
        await show(tab, deep)
        found.push(...(await faultsOf(tab)).map((fault) => `${deep}: ${fault}`))
        visited.push(deep)
      }
    }
    for (const path of await pagesOfOne(pages[0] ?? '')) {
      await show(tab, path)
      found.push(...(await faultsOf(tab)).map((fault) => `${path}: ${fault}`))
    }
    expect(found).toEqual([])
    expect(titles.size).toBe(pages.length)
    expect(visited).not.toEqual([])
    expect(tab.faults).toEqual({ errors: [], failedRequests: [], foreignRequests: [] })
  })
})
