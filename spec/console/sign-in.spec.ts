import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import { CreateRepositoryCommand } from '@aws-sdk/client-ecr'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type OpenBrowser, openBrowser } from '../support/browser.js'
import { browserNeeds, describeWith } from '../support/describe-with.js'
import { twoAccounts, wholeEmulator } from '../support/whole-emulator.js'

type Emulator = Awaited<ReturnType<typeof wholeEmulator>>

const everything = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] }
const trust = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { AWS: '111122223333' }, Action: 'sts:AssumeRole' }],
}

/** Fills in the form and sends it. */
async function enter(page: Page, accessKeyId: string, secret: string, sessionToken = ''): Promise<void> {
  await page.getByLabel('Access key ID').fill(accessKeyId)
  await page.getByLabel('Secret access key').fill(secret)
  await page.getByLabel('Session token').fill(sessionToken)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
}

/** Waits for the registry of an account and Region. */
const registryOf = (page: Page, account: string, region = 'us-east-1') =>
  page.waitForURL((url) => url.pathname.startsWith(`/console/${account}/${region}`))

const dashboardOf = (page: Page) => page.getByRole('heading', { name: 'Dashboard', level: 1 }).waitFor()

describeWith(browserNeeds, 'Signing in to the console', () => {
  let browser: OpenBrowser
  beforeAll(async () => {
    browser = await openBrowser()
  })
  afterAll(() => browser[Symbol.asyncDispose]())

  describe('with configured accounts', () => {
    let emulator: Emulator
    beforeAll(async () => {
      const role = { trustPolicy: trust, policies: [everything] }
      const first = { ...twoAccounts['111122223333'], roles: { operator: role } }
      emulator = await wholeEmulator({ accounts: { ...twoAccounts, '111122223333': first } })
    })
    afterAll(() => emulator[Symbol.asyncDispose]())

    it('Each refusal is the sentence of the service, with what to do', async () => {
      await using tab = await browser.open(`${emulator.endpoint}/console/`)
      const { page } = tab
      await enter(page, '', '')
      await page.getByText('Enter an access key ID.').waitFor()
      await page.getByText('Enter the secret access key.').waitFor()
      await enter(page, 'AKIANOBODY', 'secret')
      await page.getByText('The security token included in the request is invalid.').waitFor()
      await page.getByText(/^No identity has this access key\. Keys are those of the configuration file/).waitFor()
      await enter(page, 'AKIAADMIN1', 'another')
      await page.getByText(/^The request signature we calculated does not match/).waitFor()
      await page.getByText('The secret access key is not that of this access key ID.').waitFor()

      const credentials = { accessKeyId: 'AKIAADMIN1', secretAccessKey: 'secret' }
      const sts = new STSClient({ endpoint: emulator.endpoint, region: 'us-east-1', credentials })
      const assume = {
        RoleArn: 'arn:aws:iam::111122223333:role/operator',
        RoleSessionName: 'ada',
        DurationSeconds: 900,
      }
      const { Credentials: given } = await sts.send(new AssumeRoleCommand(assume))
      await emulator.advance(901)
      await enter(page, given?.AccessKeyId ?? '', given?.SecretAccessKey ?? '', given?.SessionToken)
      await page.getByText('The security token included in the request is expired').waitFor()
      await page.getByText(/get new ones, for example with aws sts assume-role/).waitFor()
      expect(await page.getByRole('button', { name: /^Use / }).count()).toBe(0)
      expect(tab.faults.errors).toEqual([])
    })

    it('A key of another account than the address names opens that account only when asked to', async () => {
      await using tab = await browser.open(`${emulator.endpoint}/console/444455556666/eu-west-1/activity`)
      const { page } = tab
      await enter(page, 'AKIAADMIN1', 'secret')
      await page.getByText(/AKIAADMIN1 is a key of account 111122223333, and this address names/).waitFor()
      expect(new URL(page.url()).pathname).toBe('/console/444455556666/eu-west-1/activity')
      await enter(page, 'AKIAADMIN4', 'secret')
      await page.getByRole('heading', { name: 'Activity', level: 1 }).waitFor()

      await page.getByRole('button', { name: /^Account: 444455556666/ }).click()
      await page.getByRole('menuitem', { name: '111122223333' }).click()
      await registryOf(page, '111122223333', 'eu-west-1')
      await page.getByText('Of account 111122223333, whose registry in eu-west-1 this address names.').waitFor()
      await enter(page, 'AKIAADMIN1', 'secret')
      await page.getByRole('heading', { name: 'Activity', level: 1 }).waitFor()
      await page.goto(`${emulator.endpoint}/console/444455556666/eu-west-1/`)
      await dashboardOf(page)

      await page.getByRole('button', { name: /user\/admin/ }).click()
      await page.getByRole('menuitem', { name: 'Sign out' }).click()
      await page.getByRole('heading', { name: 'Go on as you are signed in' }).waitFor()
      expect(await page.getByRole('button', { name: /^Account \d/ }).allInnerTexts()).toEqual([
        'Account 111122223333: arn:aws:iam::111122223333:user/admin',
      ])
      await page.goto(`${emulator.endpoint}/console/444455556666/eu-west-1/`)
      await page.getByRole('heading', { name: 'Sign in to ecr-local' }).waitFor()
    })

    it('Credentials that expire while the page is open are asked for again at the same address', async () => {
      await using tab = await browser.open(
        `${emulator.endpoint}/console/111122223333/us-east-1/private-registry/summary`,
      )
      const { page } = tab
      const credentials = { accessKeyId: 'AKIAADMIN1', secretAccessKey: 'secret' }
      const sts = new STSClient({ endpoint: emulator.endpoint, region: 'us-east-1', credentials })
      const assume = {
        RoleArn: 'arn:aws:iam::111122223333:role/operator',
        RoleSessionName: 'ada',
        DurationSeconds: 900,
      }
      const { Credentials: given } = await sts.send(new AssumeRoleCommand(assume))
      await enter(page, given?.AccessKeyId ?? '', given?.SecretAccessKey ?? '', given?.SessionToken)
      await page.getByRole('heading', { name: 'Summary', level: 1 }).waitFor()
      await emulator.advance(901)
      await page.reload()
      await page.getByRole('button', { name: 'Sign in again' }).first().click()
      await page.getByRole('heading', { name: 'Sign in to ecr-local' }).waitFor()
      expect(new URL(page.url()).pathname).toBe('/console/111122223333/us-east-1/private-registry/summary')
    })
  })

  describe('without configured accounts', () => {
    let emulator: Emulator
    beforeAll(async () => {
      emulator = await wholeEmulator({ accounts: undefined })
    })
    afterAll(() => emulator[Symbol.asyncDispose]())

    it('One button signs in, to the Region in which the account has something', async () => {
      const ecr = emulator.ecr('test', 'eu-west-1')
      ecr.config.credentials = async () => ({ accessKeyId: 'test', secretAccessKey: 'test' })
      await ecr.send(new CreateRepositoryCommand({ repositoryName: 'team/app' }))
      await using tab = await browser.open(`${emulator.endpoint}/console/`)
      await tab.page.getByRole('button', { name: 'Use test/test' }).click()
      await registryOf(tab.page, '000000000000', 'eu-west-1')
      await dashboardOf(tab.page)
      expect(tab.faults).toEqual({ errors: [], failedRequests: [], foreignRequests: [] })
    })

    it('Where the browser keeps nothing, the form says so and what to do', async () => {
      await using tab = await browser.open(`${emulator.endpoint}/health`)
      const { page } = tab
      await page.addInitScript(
        "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError') }",
      )
      await page.goto(`${emulator.endpoint}/console/`)
      await enter(page, 'test', 'test')
      await page.getByText(/^The browser does not keep the session, .* allow this site to store data/).waitFor()
      expect(tab.faults.errors).toEqual([])
    })
  })

  it('With relaxed authentication any key works, the account of the address is offered, and two tabs show two', async () => {
    await using emulator = await wholeEmulator({ accounts: undefined, auth: 'relaxed' })
    await using tab = await browser.open(`${emulator.endpoint}/console/222233334444/us-east-1/`)
    await tab.page.getByRole('button', { name: 'Use 222233334444/test' }).click()
    await dashboardOf(tab.page)
    const other = await tab.page.context().newPage()
    await other.goto(`${emulator.endpoint}/console/`)
    await enter(other, 'made-up', 'anything')
    await registryOf(other, '000000000000')
    await dashboardOf(other)
    await tab.page.reload()
    await dashboardOf(tab.page)
    await tab.page.getByRole('button', { name: /^Account: 222233334444/ }).waitFor()
    await other.reload()
    await dashboardOf(other)
    await other.getByRole('button', { name: /^Account: 000000000000/ }).waitFor()
  })

  it('The admin token is asked for where it is needed, and used by all pages', async () => {
    await using emulator = await wholeEmulator({ accounts: undefined, adminToken: 'a-token-of-this-spec' })
    await using tab = await browser.open(`${emulator.endpoint}/console/000000000000/us-east-1/activity`)
    const { page } = tab
    await page.getByRole('button', { name: 'Use test/test' }).click()
    await page.getByText(/^Admin endpoints require the token that the planes were started with/).waitFor()
    await page.getByLabel('Admin token').fill('another')
    await page.getByRole('button', { name: 'Use the token' }).click()
    await page.getByLabel('Admin token').fill('a-token-of-this-spec')
    await page.getByRole('button', { name: 'Use the token' }).click()
    await page.getByText('Live', { exact: true }).waitFor()
    await page.getByRole('link', { name: 'Dashboard' }).click()
    await page.getByText('No pulls in the last hour.').first().waitFor()
    await page.getByRole('link', { name: 'Summary' }).click()
    await page.getByRole('heading', { name: 'Latest failures' }).waitFor()
    const uri = page.locator('dt', { hasText: 'Registry URI' }).locator('xpath=following-sibling::dd')
    expect((await uri.innerText()).trim()).toBe(emulator.registry)
  })
})
