import {
  CreatePullThroughCacheRuleCommand,
  DescribePullThroughCacheRulesCommand,
  GetRegistryPolicyCommand,
  PutRegistryPolicyCommand,
} from '@aws-sdk/client-ecr'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { axe, type OpenBrowser, openBrowser, signIn, type Tab } from '../support/browser.js'
import { browserNeeds, describeWith, skopeoNeeds } from '../support/describe-with.js'
import { type DockerRegistry, dockerRegistry, registryLogin } from '../support/docker-registry.js'
import { type EmulatorProcess, emulatorProcess } from '../support/emulator-process.js'
import { guideAccount, guideClient, guideKeys, guidePull, guideUserArn, guideUsers } from '../support/guide-account.js'
import { pushIndex, twoPlatformImage } from '../support/images.js'
import { type SecretsManagerServer, secretsManagerServer } from '../support/secrets-manager-server.js'

/*
 * The console's pages Pull through cache and Registry permissions: what they show, refuse and keep. The guide's
 * procedures are in guide-procedures.spec.ts.
 */

const secretArn = `arn:aws:secretsmanager:us-east-1:${guideAccount}:secret:ecr-pullthroughcache/docker-hub`
const secret = { text: JSON.stringify({ username: registryLogin.username, accessToken: registryLogin.password }) }
const notFound = 'The ARN of the secret specified in the pull through cache rule was not found.'
const RULES = 'private-registry/pull-through-cache'
const PERMISSIONS = 'private-registry/permissions'

describeWith({ ...browserNeeds, ...skopeoNeeds }, 'Pull through cache and Registry permissions in the console', () => {
  let upstream: DockerRegistry
  let secrets: SecretsManagerServer
  let emulator: EmulatorProcess
  let browser: OpenBrowser
  let tab: Tab
  const page = (): Page => tab.page
  const admin = () => guideClient(emulator, guideKeys.admin)
  const address = (path: string) => `${emulator.endpoint}/console/${guideAccount}/us-east-1/${path}`
  const tabOf = async (accessKeyId: string, path: string) => {
    const opened = await browser.open(address(path))
    await signIn(opened.page, { accessKeyId, secretAccessKey: 'secret' })
    return opened
  }
  const button = (name: string) => page().getByRole('button', { name, exact: true })
  const rules = async () => {
    const { pullThroughCacheRules = [] } = await admin().send(new DescribePullThroughCacheRulesCommand({}))
    return pullThroughCacheRules.map(({ ecrRepositoryPrefix }) => ecrRepositoryPrefix)
  }

  beforeAll(async () => {
    upstream = await dockerRegistry()
    const image = { url: upstream.url, tag: 'latest' }
    await pushIndex(twoPlatformImage({ message: 'first' }), { ...image, repository: 'library/app' })
    secrets = await secretsManagerServer()
    const at = { endpoint: upstream.url }
    emulator = await emulatorProcess({
      config: {
        accounts: { [guideAccount]: { users: guideUsers } },
        upstreams: { 'registry-1.docker.io': at, 'quay.io': at, 'registry.example.com': at },
        secretsManagerEndpoint: secrets.url,
      },
      env: { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' },
    })
    browser = await openBrowser()
    tab = await tabOf(guideKeys.admin, RULES)
  })
  afterAll(async () => {
    for (const part of [browser, emulator, secrets, upstream]) await part[Symbol.asyncDispose]()
  })

  it('The steps of Add rule are in the address, and survive a reload', async () => {
    await page().goto(address(`${RULES}/add`))
    await page()
      .getByRole('button', { name: /Choose a registry/ })
      .click()
    await page()
      .getByRole('option', { name: /Docker Hub/ })
      .click()
    await button('Next').click()
    expect(await page().getByLabel('Secret ARN').inputValue()).toBe(secretArn)
    await button('Next').click()
    await page().getByLabel('Amazon ECR repository prefix').fill('hub')
    await button('Next').click()
    await page().reload()
    await page().getByText('hub/library/nginx is pulled from registry-1.docker.io/library/nginx').waitFor()
  })

  it('A refusal of the service is said, and stands beside the field that it is about', async () => {
    await button('Save').click()
    await page().getByText('SecretNotFoundException').waitFor()
    await button('Edit Authentication').click()
    const field = page().getByLabel('Secret ARN')
    await field.waitFor()
    expect(await field.getAttribute('aria-invalid')).toBe('true')
    await page().getByText(notFound).waitFor()
    expect(await rules()).toEqual([])
  })

  it('Once the secret is there, the rule is saved and validated', async () => {
    secrets.secrets.set(secretArn, secret)
    await button('Next').click()
    await button('Next').click()
    await button('Save').click()
    await page().getByText('Valid: registry-1.docker.io answers and accepts the credentials').waitFor()
    expect(await rules()).toEqual(['hub'])
  })

  it('A rule whose secret is gone says so, and so does the first pull through it', async () => {
    secrets.secrets.delete(secretArn)
    await button('Validate').click()
    await page().getByText('The rule is not valid').waitFor()
    await page().getByText(notFound).waitFor()
    const { exitCode, stderr } = await guidePull(emulator, guideKeys.admin, 'hub/library/app:latest')
    expect({ exitCode, isDenied: stderr.includes('The authentication to the upstream registry failed') }).toEqual({
      exitCode: 1,
      isDenied: true,
    })
    await page().goto(address(RULES))
    const row = page().getByRole('row', { name: /hub/ })
    await row.getByText(notFound).waitFor()
    await row.getByText(`There is no secret ${secretArn}, which the rule names`).waitFor()
  })

  it('A rule for a host of the configuration is added, with a limit to a namespace of the upstream', async () => {
    await page().goto(
      address(`${RULES}/add?upstreamRegistry=custom&url=nowhere.example.com&cachePrefix=other&step=review`),
    )
    await button('Save').click()
    await page().getByText('The upstream registry URL nowhere.example.com is invalid').waitFor()
    await button('Edit Source').click()
    await page().getByLabel('Upstream registry URL').fill('registry.example.com')
    await button('Next').click()
    await button('Next').click()
    const namespace = page().getByRole('radiogroup', { name: 'Upstream namespace' })
    await namespace.getByRole('radio', { name: 'A specific prefix' }).click()
    await page().getByLabel('Upstream repository prefix').fill('library')
    await button('Next').click()
    await button('Save').click()
    await page().getByText('Valid: registry.example.com answers').waitFor()
    const { pullThroughCacheRules } = await admin().send(
      new DescribePullThroughCacheRulesCommand({ ecrRepositoryPrefixes: ['other'] }),
    )
    expect(pullThroughCacheRules).toMatchObject([{ upstreamRepositoryPrefix: 'library' }])
  })

  it('A tag shows its next check, and Check now finds what has moved', async () => {
    expect((await guidePull(emulator, guideKeys.admin, 'other/app:latest')).exitCode).toBe(0)
    const moved = twoPlatformImage({ message: 'second' })
    await pushIndex(moved, { url: upstream.url, repository: 'library/app', tag: 'latest' })
    await page().reload()
    await page()
      .getByText(/^in 23 h/)
      .waitFor()
    await button('Check now: other/app:latest').click()
    await page().getByText(`other/app:latest: Moved to ${moved.digest}`).waitFor()
    await button('Check now: other/app:latest').click()
    await page().getByText('other/app:latest: Unchanged').waitFor()
    expect(await axe(page())).toEqual([])
  })

  it('A check that fails says why in the words of the service, and the tag shows it', async () => {
    const tag = page().getByRole('row', { name: /other\/app latest/ })
    await tag.getByText('None', { exact: true }).waitFor()
    await upstream.stop()
    await button('Check now: other/app:latest').click()
    await page().getByText('other/app:latest: UpstreamUnavailable: ').waitFor()
    await tag.getByText('None', { exact: true }).waitFor({ state: 'detached' })
  })

  it('The address of a rule that does not exist says so and leads to those that do', async () => {
    await page().goto(address(`${RULES}/rules/gone`))
    await page().getByText('This rule does not exist').waitFor()
    await page().getByText('The pull through cache rule was not found.').waitFor()
    await page().getByRole('link', { name: 'Show all rules' }).click()
    await page().getByRole('link', { name: 'other', exact: true }).waitFor()
  })

  it('A rule added in one tab is seen in the other when that is looked at', async () => {
    await using second = await tabOf(guideKeys.admin, RULES)
    await second.page.getByRole('link', { name: 'hub', exact: true }).waitFor()
    await admin().send(
      new CreatePullThroughCacheRuleCommand({ ecrRepositoryPrefix: 'quay', upstreamRegistryUrl: 'quay.io' }),
    )
    // What the browser sends a tab that is shown again.
    await second.page.evaluate('dispatchEvent(new Event("visibilitychange"))')
    await second.page.getByRole('link', { name: 'quay', exact: true }).waitFor()
  })

  it('The search of the table is in the address', async () => {
    await page().goto(address(`${RULES}?q=quay`))
    await page().getByRole('link', { name: 'quay', exact: true }).waitFor()
    expect(await page().getByRole('link', { name: 'hub', exact: true }).count()).toBe(0)
  })

  it('A user who may not see the rules gets the sentence of the service and the way to the decision', async () => {
    await using denied = await tabOf(guideKeys.user, RULES)
    const sentence = `User: ${guideUserArn} is not authorized to perform: ecr:DescribePullThroughCacheRules on resource: *`
    await denied.page.getByText(sentence).first().waitFor()
    await denied.page.getByRole('link', { name: 'Why? See the decision and what would allow it' }).first().click()
    await denied.page.getByRole('heading', { level: 1, name: 'Why?' }).waitFor()
    await denied.page.getByText('ecr:DescribePullThroughCacheRules').first().waitFor()
  })

  it('A statement is added to a policy that is one bare statement, which stays as it is', async () => {
    const bare = { Sid: 'Mine', Effect: 'Deny', Principal: '*', Action: 'ecr:ReplicateImage', Resource: '*' }
    await admin().send(new PutRegistryPolicyCommand({ policyText: JSON.stringify(bare) }))
    await page().goto(address(`${PERMISSIONS}/generate?type=cross-account`))
    await page().getByLabel('Statement id').fill('Mine')
    await page().getByText('The policy has a statement with this id already').waitFor()
    await page().getByLabel('Statement id').fill('Pull')
    await page().getByLabel('Accounts').fill('444455556666')
    await button('Save').click()
    await page().getByRole('heading', { name: 'Pull', exact: true }).waitFor()
    const { policyText = '' } = await admin().send(new GetRegistryPolicyCommand({}))
    expect(JSON.parse(policyText)).toMatchObject({
      Version: '2008-10-17',
      Statement: [bare, { Sid: 'Pull', Principal: { AWS: 'arn:aws:iam::444455556666:root' } }],
    })
    expect(await axe(page())).toEqual([])
  })

  it('The JSON editor shows what the service refuses and keeps what was typed', async () => {
    await page().getByRole('tab', { name: 'JSON' }).click()
    await page().getByRole('link', { name: 'Edit JSON' }).click()
    const editor = page().getByLabel('Registry policy (JSON)')
    await editor.fill('{ "Version": "2012-10-17" }')
    await button('Save').click()
    await page().getByText("'Invalid registry policy provided'").waitFor()
    expect(await editor.inputValue()).toBe('{ "Version": "2012-10-17" }')
    expect(tab.faults).toEqual({ errors: [], failedRequests: [], foreignRequests: [] })
  })
})
