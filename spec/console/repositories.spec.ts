import {
  CreatePullThroughCacheRuleCommand,
  DeletePullThroughCacheRuleCommand,
  DescribeImagesCommand,
  DescribeRepositoriesCommand,
  type ECRClient,
  GetLifecyclePolicyCommand,
  GetRepositoryPolicyCommand,
  ListTagsForResourceCommand,
  PutRegistryPolicyCommand,
} from '@aws-sdk/client-ecr'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Tab } from '../support/browser.js'
import { type ConsoleEmulator, consoleAccount, consoleEmulator, reader } from '../support/console-emulator.js'
import { browserNeeds, describeWith, skopeoNeeds } from '../support/describe-with.js'
import { realImage } from '../support/images.js'
import { createRepository, pushImage } from '../support/push.js'
import { ecrClient } from '../support/registry-client.js'
import { mustRun, neutralEnvironment } from '../support/run-command.js'
import { directoryOf } from '../support/skopeo.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

const name = 'team/backend/app'
const address = `/repositories/${encodeURIComponent(name)}`

describeWith({ ...browserNeeds, ...skopeoNeeds }, 'The page Repositories', () => {
  let console: ConsoleEmulator
  let ecr: ECRClient
  let tab: Tab
  let page: Page

  beforeAll(async () => {
    console = await consoleEmulator()
    ecr = ecrClient(console.emulator)
    tab = await console.open('/repositories')
    page = tab.page
  })
  afterAll(() => console[Symbol.asyncDispose]())

  const show = (path: string) => page.goto(console.addressOf(path))

  it('creates a repository, which takes an image by the commands it shows', async () => {
    await page.getByText('No repositories').waitFor()
    await page.getByRole('button', { name: 'Create repository' }).first().click()

    await page.getByRole('textbox', { name: 'Repository name' }).fill('Team')
    await page.getByRole('button', { name: 'Create', exact: true }).click()
    await page.getByText(/Invalid parameter at 'repositoryName'/).waitFor()

    await page.getByRole('textbox', { name: 'Repository name' }).fill(name)
    await page.getByRole('radio', { name: 'Immutable' }).click()
    await page.getByRole('button', { name: 'Add filter' }).click()
    await page.getByRole('textbox', { name: 'Filter' }).fill('dev*')
    await page.getByRole('radio', { name: 'AWS KMS', exact: true }).click()
    await page.getByRole('button', { name: 'Add tag' }).click()
    await page.getByRole('textbox', { name: 'Key', exact: true }).fill('team')
    await page.getByRole('textbox', { name: 'Value' }).fill('backend')
    await page.getByRole('button', { name: 'Create', exact: true }).click()
    await page.getByText(`Successfully created private repository ${name}.`).waitFor()
    expect(page.url()).toContain(`${address}/images`)

    const repository = await repositoryNamed(ecr, name)
    expect(repository).toMatchObject({
      imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION',
      imageTagMutabilityExclusionFilters: [{ filterType: 'WILDCARD', filter: 'dev*' }],
      encryptionConfiguration: { encryptionType: 'KMS' },
    })
    const tags = await ecr.send(new ListTagsForResourceCommand({ resourceArn: repository?.repositoryArn }))
    expect(tags.tags).toEqual([{ Key: 'team', Value: 'backend' }])

    await page.getByRole('button', { name: 'View push commands' }).click()
    const dialog = page.getByRole('dialog', { name: `Push commands for ${name}` })
    await dialog.getByRole('tab', { name: 'skopeo' }).click()
    await pushBy(await dialog.locator('code:visible').allTextContents())
    await dialog.getByRole('button', { name: 'Close', exact: true }).click()

    await page.reload()
    await page.getByRole('link', { name: 'latest' }).waitFor()
  })

  it('has tabs with addresses, which change settings and policies as the service allows', async () => {
    await show(`${address}/summary`)
    await page.getByText('Immutable, except dev*').waitFor()
    await page.getByRole('button', { name: 'Edit', exact: true }).click()
    await page.getByRole('button', { name: 'Remove filter dev*' }).click()
    await page.getByLabel('Scan on push').click()
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText(`The settings of ${name} were saved.`).waitFor()
    const changed = { imageTagMutability: 'IMMUTABLE', imageScanningConfiguration: { scanOnPush: true } }
    expect(await repositoryNamed(ecr, name)).toMatchObject(changed)

    await page.getByRole('tab', { name: 'Permissions' }).click()
    await page.getByText('No statements').waitFor()
    await page.getByRole('button', { name: 'Edit policy JSON' }).click()
    const policy = page.getByLabel('Repository policy')
    const proposed = await policy.inputValue()
    await policy.fill('{"Statement":1}')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText(/Invalid repository policy provided/).waitFor()
    const { Statement: statements, ...members } = JSON.parse(proposed) as { Statement: [{ Sid: string }] }
    const unnamed = { ...statements[0], Sid: undefined }
    await policy.fill(JSON.stringify({ ...members, Statement: [...statements, unnamed] }))
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('heading', { name: 'AllowPull' }).waitFor()
    await page.getByRole('button', { name: 'Delete statement Statement 2' }).click()
    await page.getByRole('dialog').getByText('Statement 2').waitFor()
    await page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click()
    await page.getByRole('heading', { name: 'Statement 2' }).waitFor({ state: 'detached' })
    const { policyText } = await ecr.send(new GetRepositoryPolicyCommand({ repositoryName: name }))
    expect(JSON.parse(policyText ?? '')).toEqual(JSON.parse(proposed))
    await page.getByRole('button', { name: 'Delete statement AllowPull' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click()
    await page.getByText('No statements').waitFor()

    await page.getByRole('tab', { name: 'Lifecycle policy' }).click()
    await page.getByRole('button', { name: 'Create policy' }).click()
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText(`The lifecycle policy of ${name} was saved.`).waitFor()
    await ecr.send(new GetLifecyclePolicyCommand({ repositoryName: name }))
    await page.getByRole('link', { name: 'See what would go' }).click()
    await page.getByText('The preview is complete').waitFor()
    expect(page.url()).toContain(`/private-registry/lifecycle?repository=${encodeURIComponent(name)}`)
    await page.goBack()

    await page.getByRole('tab', { name: 'Repository tags' }).click()
    await page.getByRole('button', { name: 'Manage tags' }).click()
    await page.getByRole('button', { name: 'Remove tag team' }).click()
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('No tags').waitFor()
    expect(page.url()).toContain(`${address}/tags`)
  })

  it('leads from page to page: to the rule that serves a repository, and from Summary to the statements', async () => {
    const rule = { ecrRepositoryPrefix: 'team', upstreamRegistryUrl: 'public.ecr.aws' }
    await ecr.send(new CreatePullThroughCacheRuleCommand(rule))
    await show(`${address}/summary`)
    await page.getByRole('link', { name: 'team', exact: true }).click()
    await page.getByRole('heading', { level: 1, name: 'team', exact: true }).waitFor()
    await ecr.send(new DeletePullThroughCacheRuleCommand({ ecrRepositoryPrefix: 'team' }))

    const statement = {
      Sid: 'Replicate',
      Effect: 'Allow',
      Principal: { AWS: `arn:aws:iam::${consoleAccount}:root` },
      Action: ['ecr:ReplicateImage'],
      Resource: [`arn:aws:ecr:us-east-1:${consoleAccount}:repository/*`],
    }
    const policyText = JSON.stringify({ Version: '2012-10-17', Statement: [statement] })
    await ecr.send(new PutRegistryPolicyCommand({ policyText }))
    await show('/private-registry/summary')
    await page.getByRole('link', { name: '1 statement' }).click()
    await page.getByRole('heading', { name: 'Replicate' }).waitFor()
  })

  it('shows a user who may not delete a repository the sentence of the service, and where it is explained', async () => {
    await using denied = await console.open(address, reader)
    const dialog = await deletionOf(denied.page)
    const refusal = `User: arn:aws:iam::${consoleAccount}:user/reader is not authorized to perform: ecr:DeleteRepository`
    await dialog.getByText(refusal).waitFor()
    expect(await dialog.getByRole('link', { name: /Why\?/ }).getAttribute('href')).toContain('/why/')
  })

  it('deletes a repository with the images it names, and says so in another tab', async () => {
    await show(address)
    await using other = await console.open(`${address}/permissions`)
    const dialog = await deletionOf(page)
    await dialog.waitFor({ state: 'detached' })
    await expect(repositoryNamed(ecr, name)).rejects.toThrow('does not exist')
    await page.getByText(`Repository ${name} deleted.`).waitFor()

    await other.page.evaluate("dispatchEvent(new Event('visibilitychange'))")
    await other.page.getByText('This repository does not exist').waitFor()
    await other.page.getByRole('link', { name: 'Go to the repositories' }).click()
    await other.page.getByRole('heading', { level: 1, name: 'Repositories' }).waitFor()
  })

  it('does not delete an image that was pushed after the images were counted', async () => {
    await createRepository(ecr, 'empty')
    await show('/repositories')
    await page.getByRole('checkbox', { name: 'Select empty' }).click()
    await page.getByRole('button', { name: 'Delete', exact: true }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('empty has no images.').waitFor()
    await pushImage(ecr, 'empty', { imageTag: 'late' })
    expect(await dialog.getByRole('button', { name: 'Delete', exact: true }).isDisabled()).toBe(true)
    await dialog.getByLabel('To confirm, type delete').fill('delete')
    await dialog.getByRole('button', { name: 'Delete', exact: true }).click()
    await dialog.getByText(/cannot be deleted because it still contains images/).waitFor()
    const { imageDetails } = await ecr.send(new DescribeImagesCommand({ repositoryName: 'empty' }))
    expect(imageDetails).toHaveLength(1)
  })

  it('does all that without an error in the browser', () => {
    expect(tab.faults).toEqual({ errors: [], failedRequests: [], foreignRequests: [] })
  })
})

async function repositoryNamed(ecr: ECRClient, repositoryName: string) {
  const { repositories } = await ecr.send(new DescribeRepositoriesCommand({ repositoryNames: [repositoryName] }))
  return repositories?.[0]
}

/** Confirms the deletion of the repository whose page is open. */
async function deletionOf(page: Page) {
  await page.getByRole('button', { name: 'Delete repository' }).click()
  const dialog = page.getByRole('dialog', { name: 'Delete repository' })
  await dialog.getByText(`${name} has 1 image, which is deleted with it.`).waitFor()
  await dialog.getByLabel('To confirm, type delete').fill('delete')
  await dialog.getByRole('button', { name: 'Delete', exact: true }).click()
  return dialog
}

/** Runs what the dialog shows in a shell, with an image of a directory in place of one of the Docker daemon. */
async function pushBy(commands: readonly string[]): Promise<void> {
  await using directory = await temporaryDirectory()
  const image = await directoryOf(realImage('amd64', { message: 'pushed' }), directory.path)
  const credentials = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' }
  const env = { ...neutralEnvironment(), ...credentials, REGISTRY_AUTH_FILE: `${directory.path}/auth.json` }
  expect(commands).toHaveLength(2)
  for (const command of commands) {
    const text = command
      .replace('docker-daemon:app:latest', image)
      .replace('skopeo copy', 'skopeo copy --insecure-policy')
    await mustRun('sh', ['-c', text], { env })
  }
}
