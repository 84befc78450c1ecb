import {
  CreatePullThroughCacheRuleCommand,
  CreateRepositoryCommand,
  DescribeImagesCommand,
  DescribeRepositoriesCommand,
  type ECRClient,
  ECRServiceException,
  GetLifecyclePolicyCommand,
  GetLifecyclePolicyPreviewCommand,
  SetRepositoryPolicyCommand,
} from '@aws-sdk/client-ecr'
import { request } from 'undici'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type OpenBrowser, openBrowser } from '../support/browser.js'
import { type ConsoleTab, openConsole } from '../support/console-tab.js'
import { browserNeeds, describeWith } from '../support/describe-with.js'
import { type FaultyUpstream, faultyUpstream } from '../support/faulty-upstream.js'
import { type EmulatorProcess, emulatorProcess } from '../support/emulator-process.js'
import { pushImage } from '../support/push.js'
import { authorizationToken, ecrClient, registryClient } from '../support/registry-client.js'

const ACCOUNT = '111122223333'
const LIFECYCLE = '/private-registry/lifecycle'
const REPOSITORY = 'team/app'

const everything = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] }
const accounts = {
  [ACCOUNT]: {
    users: {
      admin: { accessKeys: { test: 'test' }, policies: [everything] },
      reader: { accessKeys: { reader: 'test' }, policies: ['AmazonEC2ContainerRegistryReadOnly'] },
    },
  },
  '444455556666': { users: { guest: { accessKeys: { guest: 'test' }, policies: [everything] } } },
}

describeWith(browserNeeds, 'Lifecycle, Why? and Clock in the console', () => {
  let browser: OpenBrowser
  let emulator: EmulatorProcess
  let ecr: ECRClient
  let upstream: FaultyUpstream
  let tab: ConsoleTab

  beforeAll(async () => {
    upstream = await faultyUpstream()
    upstream.addImage('library/base', { tag: 'latest' })
    const config = { accounts, upstreams: { 'public.ecr.aws': { endpoint: upstream.url } } }
    ;[browser, emulator] = await Promise.all([openBrowser(), emulatorProcess({ config })])
    ecr = ecrClient(emulator)
    await ecr.send(new CreateRepositoryCommand({ repositoryName: REPOSITORY }))
    for (const imageTag of ['v1', 'v2', 'v3'])
      await pushImage(ecr, REPOSITORY, { imageTag, layer: `a layer of ${imageTag}` })
    tab = await openConsole(browser, emulator.endpoint, { account: ACCOUNT, path: LIFECYCLE })
  })
  afterAll(async () => {
    await browser[Symbol.asyncDispose]()
    await emulator[Symbol.asyncDispose]()
    await upstream[Symbol.asyncDispose]()
  })

  const button = (name: string) => tab.page.getByRole('button', { name, exact: true })
  const field = (name: string) => tab.page.getByRole('textbox', { name })
  const text = (words: string | RegExp) => tab.page.getByText(words)
  async function choose(label: string, option: string): Promise<void> {
    await tab.page.getByRole('button', { name: new RegExp(`^${label}`) }).click()
    await tab.page.getByRole('option', { name: option }).click()
  }
  const savedPolicy = async () =>
    (await ecr.send(new GetLifecyclePolicyCommand({ repositoryName: REPOSITORY }))).lifecyclePolicyText
  const admin = async (path: string) => (await request(`${emulator.endpoint}/_admin${path}`)).body.json()

  it('The preview of a policy that is being edited shows what GetLifecyclePolicyPreview says, and nothing is saved', async () => {
    await choose('Repository', REPOSITORY)
    await text('This repository has no lifecycle policy').waitFor()
    await button('Add rule').click()
    await choose('Image status', 'Tagged (wildcard matching)')
    await field('Tag patterns').fill('v*')
    await choose('Match criteria', 'Image count more than')
    await field('Number of images').fill('1')
    await field('Rule description').fill('Only the latest')
    await text('2 images').waitFor()
    await text('The preview is complete').waitFor()
    const { previewResults = [], summary } = await ecr.send(
      new GetLifecyclePolicyPreviewCommand({ repositoryName: REPOSITORY }),
    )
    expect(summary?.expiringImageTotalCount).toBe(2)
    const { imageDetails = [] } = await ecr.send(new DescribeImagesCommand({ repositoryName: REPOSITORY }))
    for (const { imageTags: [tag = ''] = [], imageDigest = '' } of previewResults) {
      const size = imageDetails.find((image) => image.imageDigest === imageDigest)?.imageSizeInBytes
      expect(await tab.cellsOf('Images that would go', tag)).toEqual(
        expect.arrayContaining([tag, 'Expire', '1: Only the latest', `${size} bytes`]),
      )
    }
    expect(await tab.page.getByRole('table', { name: 'Images that would go' }).getByRole('row').count()).toBe(3)
    await expect(savedPolicy()).rejects.toThrow(/Lifecycle policy does not exist/)
  })

  it('What the service says about an invalid policy stands beside the editor, whichever way it is edited', async () => {
    await field('Number of images').fill('many')
    await text(/Lifecycle policy validation failure/).waitFor()
    await tab.page.getByRole('tab', { name: 'JSON' }).click()
    const editor = field('Lifecycle policy JSON')
    expect(await editor.inputValue()).toContain('"countNumber": "many"')
    await editor.fill('{"rules":')
    await text('There is no preview of a policy that is refused').waitFor()
    await tab.page.getByRole('tab', { name: 'Rules' }).click()
    await text('The JSON cannot be shown as rules.').waitFor()
    await button('Discard changes').click()
    await text('There are no rules yet.').waitFor()
  })

  it('A policy is saved by the button alone, is there after a reload, and is deleted once that is confirmed', async () => {
    await tab.goTo(`${LIFECYCLE}?repository=${encodeURIComponent(REPOSITORY)}&view=json`)
    const rule = {
      rulePriority: 5,
      selection: { tagStatus: 'any', countType: 'sinceImagePulled', countUnit: 'days', countNumber: 30 },
      action: { type: 'transition', targetStorageClass: 'archive' },
    }
    await field('Lifecycle policy JSON').fill(JSON.stringify({ rules: [rule] }))
    await text('The policy would leave all images as they are.').waitFor()
    await button('Save').click()
    await text(`The lifecycle policy of ${REPOSITORY} was saved`).waitFor()
    expect(await savedPolicy()).toBe(JSON.stringify({ rules: [rule] }))
    await tab.page.reload()
    await text('Last evaluated: not yet').waitFor()
    expect(await field('Lifecycle policy JSON').inputValue()).toBe(JSON.stringify({ rules: [rule] }, null, 2))
    await tab.page.getByRole('tab', { name: 'Rules' }).click()
    expect(await field('Rule priority').inputValue()).toBe('5')
    await button('Delete policy').click()
    await button('Delete').click()
    await text(`The lifecycle policy of ${REPOSITORY} was deleted`).waitFor()
    await expect(savedPolicy()).rejects.toThrow(/Lifecycle policy does not exist/)
  })

  /** The id of the request by which a user of another account was denied the list of images. */
  async function deniedRequest(): Promise<string> {
    const guest = ecrClient(emulator, { accessKeyId: 'guest' })
    const denied = await guest
      .send(new DescribeImagesCommand({ registryId: ACCOUNT, repositoryName: REPOSITORY }))
      .catch((error: unknown) => error)
    if (!(denied instanceof ECRServiceException)) throw new Error('The call was not denied')
    return denied.$metadata.requestId ?? ''
  }

  it('A pasted request id leads to the decision as a tree, and the statement that it offers makes the call work', async () => {
    const requestId = await deniedRequest()
    await tab.goTo('/why')
    expect(await tab.cellsOf('Recent refusals', requestId)).toEqual(
      expect.arrayContaining(['DescribeImages', 'AccessDeniedException', 'control plane']),
    )
    await field('Request ID').fill(requestId)
    await field('Request ID').press('Enter')
    const tree = tab.page.getByRole('tree', { name: 'Decisions about the request' })
    await tree.getByText('No resource-based policy allows it').waitFor()
    await tree.getByText('Matched').waitFor()
    const arn = `arn:aws:ecr:us-east-1:${ACCOUNT}:repository/${REPOSITORY}`
    const name = `the statement for the repository policy of ${arn}`
    expect(
      await tab.page.getByRole('link', { name: 'Open the permissions of the repository' }).getAttribute('href'),
    ).toBe(`/console/${ACCOUNT}/us-east-1/repositories/team%2Fapp/permissions`)
    const statement: unknown = JSON.parse(await tab.page.getByRole('group', { name }).innerText())
    const policyText = JSON.stringify({ Version: '2012-10-17', Statement: [statement] })
    await ecr.send(new SetRepositoryPolicyCommand({ repositoryName: REPOSITORY, policyText }))
    await expect(deniedRequest()).rejects.toThrow('The call was not denied')
  })

  it('The statement that decided is marked in words, the tree opens by the keyboard, and a decision has an address', async () => {
    const guest = ecrClient(emulator, { accessKeyId: 'guest' })
    const { $metadata } = await guest.send(
      new DescribeImagesCommand({ registryId: ACCOUNT, repositoryName: REPOSITORY }),
    )
    await tab.goTo(`/why/${$metadata.requestId}?decision=1`)
    const tree = tab.page.getByRole('tree', { name: 'Decisions about the request' })
    await tree.getByText('Decided: allowed').first().waitFor()
    await text(/^Statement 1 of/).waitFor()
    const hide = tree.getByRole('button', { name: /^Hide what is below DescribeImages/ })
    await hide.focus()
    await tab.page.keyboard.press('Enter')
    await tree.getByText('Decided: allowed').first().waitFor({ state: 'hidden' })
    await tab.page.reload()
    await tree.getByText('Decided: allowed').first().waitFor()
    await tab.goTo(`/why/${$metadata.requestId}?decision=9`)
    await text('There is no decision 9').waitFor()
    await tab.goTo('/why/unknown')
    await text('There is no request unknown among the last 10,000').waitFor()
  })

  it('A person who is denied a change sees the sentence of the service, and from there the decision', async () => {
    await using denied = await openConsole(browser, emulator.endpoint, {
      account: ACCOUNT,
      path: `${LIFECYCLE}?repository=${encodeURIComponent(REPOSITORY)}`,
      accessKeyId: 'reader',
      secretAccessKey: 'test',
    })
    await denied.page.getByRole('button', { name: 'Add rule' }).click()
    await denied.page.getByText(/user\/reader is not authorized to perform: ecr:StartLifecyclePolicyPreview/).waitFor()
    await denied.page
      .getByRole('link', { name: /^Why\?/ })
      .last()
      .click()
    await denied.page.getByRole('tree').getByText('No identity-based policy allows it').waitFor()
    await denied.page.getByText('identities and their policies are in the configuration').waitFor()
  })

  it('A refusal of the clock stands beside its field, and +24 h moves the time of both planes', async () => {
    const rule = { ecrRepositoryPrefix: 'ecr-public', upstreamRegistryUrl: 'public.ecr.aws' }
    await ecr.send(new CreatePullThroughCacheRuleCommand(rule))
    const client = registryClient(emulator, await authorizationToken(ecr))
    const pull = async () => (await client.get('ecr-public/library/base/manifests/latest')).status
    expect(await pull()).toBe(200)
    await tab.goTo('/clock')
    const shown = () => tab.page.getByRole('timer').getByRole('time').getAttribute('datetime')
    await text('Not advanced').waitFor()
    const cached = async () => (await tab.cellsOf('Checks of cached tags', 'ecr-public/library/base:latest')).join(' ')
    expect(await cached()).toMatch(/23 h|1 d/)
    const before = Date.parse((await shown()) ?? '')
    await field('Another number of seconds').fill('-5')
    await button('Advance').click()
    await text('advanceSeconds must be a number of seconds, 0 or more; got -5').waitFor()
    await tab.page.getByRole('button', { name: '+24 h' }).click()
    await text(/^It is now .* for both planes$/).waitFor()
    await text('With the next pull').waitFor()
    expect(Date.parse((await shown()) ?? '') - before).toBeGreaterThanOrEqual(86_400_000)
    expect(await admin('/clock')).toMatchObject({ advancedSeconds: 86_400 })
    expect(await pull()).toBe(403)
    await tab.page.reload()
    await text('1 d').waitFor()
  })

  it('A reset names what it removes, asks to type a word, and takes the clock back', async () => {
    await button('Reset').click()
    const dialog = tab.page.getByRole('dialog', { name: 'Reset the emulator' })
    await dialog.getByText(`${ACCOUNT} in us-east-1: 2 repositories, 4 images, 1 rule`).waitFor()
    const confirm = dialog.getByRole('button', { name: 'Reset', exact: true })
    expect(await confirm.isDisabled()).toBe(true)
    await field('To confirm, type reset').fill('reset')
    await confirm.click()
    await text('The emulator was reset').waitFor()
    await text('Not advanced').waitFor()
    expect(await admin('/clock')).toMatchObject({ advancedSeconds: 0 })
    const { repositories } = await ecr.send(new DescribeRepositoriesCommand({}))
    expect(repositories).toEqual([])
    expect(tab.faults).toEqual({ errors: [], failedRequests: [], foreignRequests: [] })
  })
})
