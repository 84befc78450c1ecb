import { DescribePullThroughCacheRulesCommand, GetRegistryPolicyCommand } from '@aws-sdk/client-ecr'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type OpenBrowser, openBrowser, signIn, type Tab } from '../support/browser.js'
import { browserNeeds, describeWith, skopeoNeeds } from '../support/describe-with.js'
import { type DockerRegistry, dockerRegistry } from '../support/docker-registry.js'
import { type EmulatorProcess, emulatorProcess } from '../support/emulator-process.js'
import { guideAccount, guideClient, guideKeys, guidePull, guideUserArn, guideUsers } from '../support/guide-account.js'
import { pushIndex, twoPlatformImage } from '../support/images.js'

/*
 * The console procedures of the user guide's page about pull through cache rules (P23 and P24), with its account, user
 * and namespace. What was clicked is judged by skopeo's pulls as that user.
 */

const statement = {
  Sid: 'AllowPullThroughCache',
  Effect: 'Allow',
  Principal: { AWS: guideUserArn },
  Action: ['ecr:CreateRepository', 'ecr:BatchImportUpstreamImage'],
  Resource: `arn:aws:ecr:us-east-1:${guideAccount}:repository/ecr-public/*`,
}

describeWith({ ...browserNeeds, ...skopeoNeeds }, "The user guide's procedures in the console", () => {
  let upstream: DockerRegistry
  let emulator: EmulatorProcess
  let browser: OpenBrowser
  let tab: Tab
  const page = (): Page => tab.page
  const index = twoPlatformImage({ message: 'an image for those who may' })
  const admin = () => guideClient(emulator, guideKeys.admin)
  const pull = (repository: string) => guidePull(emulator, guideKeys.user, `${repository}:latest`)
  const click = (role: 'button' | 'link' | 'tab' | 'option' | 'checkbox', name: string | RegExp) =>
    page().getByRole(role, { name, exact: true }).click()
  const open = (title: string) =>
    page().getByRole('navigation').getByRole('link', { name: title, exact: true }).first().click()
  const heading = (name: string) => page().getByRole('heading', { name, level: 1, exact: true }).waitFor()

  beforeAll(async () => {
    upstream = await dockerRegistry()
    for (const repository of ['app', 'later']) await pushIndex(index, { url: upstream.url, repository, tag: 'latest' })
    emulator = await emulatorProcess({
      config: {
        accounts: { [guideAccount]: { users: guideUsers } },
        upstreams: { 'public.ecr.aws': { endpoint: upstream.url } },
      },
    })
    browser = await openBrowser()
    tab = await browser.open(`${emulator.endpoint}/console/${guideAccount}/us-east-1`)
    await signIn(page(), { accessKeyId: guideKeys.admin, secretAccessKey: 'secret' })
  })
  afterAll(async () => {
    for (const part of [browser, emulator, upstream]) await part[Symbol.asyncDispose]()
  })

  it('A rule is added: public registry, a namespace with a default that can be changed, Save (P24)', async () => {
    await open('Pull through cache')
    await page().getByRole('link', { name: 'Add rule' }).first().click()
    await click('button', 'Next')
    await page().getByText('Choose an upstream registry').waitFor()
    await page()
      .getByRole('button', { name: /Choose a registry/ })
      .click()
    await page()
      .getByRole('option', { name: /ECR Public/ })
      .click()
    await click('button', 'Next')
    const prefix = page().getByLabel('Amazon ECR repository prefix')
    expect(await prefix.inputValue()).toBe('ecr-public')
    await prefix.fill('public')
    await page().getByText('public/my-app/image').first().waitFor()
    await prefix.fill('ecr-public')
    await click('button', 'Next')
    await click('button', 'Save')
    await heading('ecr-public')
    await page().getByText(`docker pull ${emulator.registry}/ecr-public/<repository>:<tag>`).first().waitFor()
    await page().getByText('Valid: public.ecr.aws answers').waitFor()
    const { pullThroughCacheRules } = await admin().send(new DescribePullThroughCacheRulesCommand({}))
    expect(pullThroughCacheRules).toMatchObject([
      { ecrRepositoryPrefix: 'ecr-public', upstreamRegistryUrl: 'public.ecr.aws', upstreamRegistry: 'ecr-public' },
    ])
  })

  it('A user who may only pull is refused as long as there is only the rule', async () => {
    const { exitCode, stderr } = await pull('ecr-public/app')
    expect(exitCode).not.toBe(0)
    expect(stderr).toContain(
      `The repository with name 'ecr-public/app' does not exist in the registry with id '${guideAccount}'`,
    )
  })

  it('A statement is generated: policy type, statement id, IAM entities, namespace, repositories (P23)', async () => {
    await open('Registry permissions')
    await page().getByText('No statements').waitFor()
    await page().getByRole('link', { name: 'Generate statement' }).first().click()
    await page().getByText('Pull through cache - scoped permissions').waitFor()
    await click('button', 'Save')
    await page().getByText('Add a user, a role or an account').waitFor()
    await page().getByLabel('Statement id').fill('AllowPullThroughCache')
    await page().getByLabel('IAM entities').click()
    await page().getByRole('option', { name: guideUserArn }).click()
    await page()
      .getByRole('button', { name: /Choose a namespace/ })
      .click()
    await page()
      .getByRole('option', { name: /ecr-public/ })
      .click()
    await page().getByText(statement.Resource).waitFor()
    await click('button', 'Save')
    await page().getByRole('heading', { name: 'AllowPullThroughCache' }).waitFor()
    const { policyText = '' } = await admin().send(new GetRegistryPolicyCommand({}))
    expect(JSON.parse(policyText)).toEqual({ Version: '2012-10-17', Statement: [statement] })
  })

  it('The pull works because of what was clicked', async () => {
    const { exitCode, stdout } = await pull('ecr-public/app')
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: index.bytes.toString() })
  })

  it('The rule page shows the repository and the tag that the pull made', async () => {
    await open('Pull through cache')
    await click('link', 'ecr-public')
    const tag = page().getByRole('row', { name: /ecr-public\/app latest/ })
    await tag.getByText(index.digest.slice(0, 19)).waitFor()
    await page()
      .getByRole('row', { name: new RegExp(`ecr-public/app ${emulator.registry}/ecr-public/app`) })
      .waitFor()
  })

  it('A rule is deleted, and then the statements that name its namespace are reviewed and deleted (P24)', async () => {
    await open('Pull through cache')
    await click('checkbox', 'Select ecr-public')
    await click('button', 'Delete rule')
    const dialog = page().getByRole('dialog', { name: 'Delete rule' })
    await dialog.getByText('Repositories and images that are cached stay').waitFor()
    expect(await dialog.getByRole('button', { name: 'Delete', exact: true }).isDisabled()).toBe(true)
    await dialog.getByLabel('To confirm, type delete').fill('delete')
    await dialog.getByLabel('To confirm, type delete').press('Enter')
    await page().getByText('1 statement of the registry permissions names ecr-public.').waitFor()
    await click('link', 'Review statements')
    await page().getByText('Statements that name ecr-public: 1 of 1').waitFor()
    await page()
      .getByRole('checkbox', { name: /Select AllowPullThroughCache/ })
      .click()
    await click('button', 'Delete statement')
    const second = page().getByRole('dialog', { name: 'Delete statement' })
    await second.getByText('the registry policy is deleted').waitFor()
    await second.getByLabel('To confirm, type delete').fill('delete')
    await second.getByRole('button', { name: 'Delete', exact: true }).click()
    await page().getByText('Registry policy deleted').waitFor()
    const { pullThroughCacheRules } = await admin().send(new DescribePullThroughCacheRulesCommand({}))
    expect(pullThroughCacheRules).toEqual([])
    await expect(admin().send(new GetRegistryPolicyCommand({}))).rejects.toThrow('Registry policy does not exist')
  })

  it('What is cached stays, and nothing more is cached', async () => {
    expect((await pull('ecr-public/app')).exitCode).toBe(0)
    expect((await pull('ecr-public/later')).stderr).toContain(
      "The repository with name 'ecr-public/later' does not exist",
    )
    expect(tab.faults).toEqual({ errors: [], failedRequests: [], foreignRequests: [] })
  })
})
