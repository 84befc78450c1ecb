import {
  BatchGetRepositoryScanningConfigurationCommand,
  CreateRepositoryCommand,
  DescribeImagesCommand,
  DescribeRegistryCommand,
  DescribeRepositoriesCommand,
  DescribeRepositoryCreationTemplatesCommand,
  type ECRClient,
  GetAccountSettingCommand,
  GetRegistryScanningConfigurationCommand,
  GetSigningConfigurationCommand,
  ListPullTimeUpdateExclusionsCommand,
  ListReplicationBackfillsCommand,
} from '@aws-sdk/client-ecr'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { type OpenBrowser, openBrowser } from '../support/browser.js'
import { type ConsoleTab, openConsole } from '../support/console-tab.js'
import { browserNeeds, describeWith } from '../support/describe-with.js'
import { type EmulatorProcess, emulatorProcess } from '../support/emulator-process.js'
import { pushImage } from '../support/push.js'
import { authorizationToken, ecrClient, registryClient } from '../support/registry-client.js'

const ACCOUNT = '000000000000'
const REPLICATION = '/private-registry/replication'
const SCANNING = '/private-registry/scanning'
const TEMPLATES = '/private-registry/creation-templates'

describeWith(browserNeeds, 'The features of a registry in the console', () => {
  let browser: OpenBrowser
  let emulator: EmulatorProcess
  let ecr: ECRClient
  let tab: ConsoleTab

  beforeAll(async () => {
    ;[browser, emulator] = await Promise.all([openBrowser(), emulatorProcess()])
    ecr = ecrClient(emulator)
    for (const repositoryName of ['team/app', 'prod/api'])
      await ecr.send(new CreateRepositoryCommand({ repositoryName }))
    await pushImage(ecr, 'team/app', { imageTag: 'before' })
    tab = await openConsole(browser, emulator.endpoint, { account: ACCOUNT, path: REPLICATION })
  })
  afterAll(async () => {
    await browser[Symbol.asyncDispose]()
    await emulator[Symbol.asyncDispose]()
  })

  const button = (name: string) => tab.page.getByRole('button', { name, exact: true })
  const field = (name: string) => tab.page.getByRole('textbox', { name })
  const heading = (name: string) => tab.page.getByRole('heading', { name })
  const text = (words: string) => tab.page.getByText(words)
  /** Chooses an option of the select or multiselect with this label. */
  async function choose(label: string, option: string): Promise<void> {
    await tab.page.getByRole('button', { name: new RegExp(`^${label}`) }).click()
    await tab.page.getByRole('option', { name: option }).click()
  }
  const tagsIn = async (region: string, repositoryName: string) => {
    const there = ecrClient(emulator, { region })
    const { imageDetails = [] } = await there.send(new DescribeImagesCommand({ repositoryName }))
    return imageDetails.flatMap(({ imageTags = [] }) => imageTags).sort()
  }
  const replicationRules = async () =>
    (await ecr.send(new DescribeRegistryCommand({}))).replicationConfiguration?.rules ?? []

  it('A replication rule is made in the steps of the AWS console, and what is pushed then arrives in the other Region', async () => {
    await button('Add rule').first().click()
    await button('Next').click()
    await text('Choose at least one destination type.').waitFor()
    await tab.page.getByRole('checkbox', { name: 'Cross-Region replication' }).check()
    await button('Next').click()
    await choose('Destination Regions', 'eu-west-1')
    await tab.page.keyboard.press('Escape')
    await button('Next').click()
    await button('Add filter').click()
    await field('Repository name prefix').fill('team')
    await button('Next').click()
    await button('Submit rule').click()
    await text('The replication rule was added').waitFor()
    expect(await tab.cellsOf('Replication rules', 'Rule 1')).toEqual(
      expect.arrayContaining(['Cross-Region', 'eu-west-1', 'team*']),
    )
    expect(await replicationRules()).toEqual([
      {
        destinations: [{ region: 'eu-west-1', registryId: ACCOUNT }],
        repositoryFilters: [{ filter: 'team', filterType: 'PREFIX_MATCH' }],
      },
    ])
    await pushImage(ecr, 'team/app', { imageTag: 'after', layer: 'another layer' })
    await vi.waitFor(async () => expect(await tagsIn('eu-west-1', 'team/app')).toEqual(['after']), 10_000)
  })

  it('A backfill copies what was pushed before, and its page says what became of each image', async () => {
    await button('Start backfill').click()
    await button('Start').click()
    await text('The replication backfill was started').waitFor()
    expect(await tab.cellsOf('Replication backfills', 'Complete')).toContain('eu-west-1')
    expect(await tagsIn('eu-west-1', 'team/app')).toEqual(['after', 'before'])
    const { backfills = [] } = await ecr.send(new ListReplicationBackfillsCommand({}))
    await tab.goTo(`${REPLICATION}/backfills/${backfills[0]?.replicationBackfillId}`)
    expect(await tab.cellsOf('Results', 'before')).toEqual(expect.arrayContaining(['team/app', 'before', 'Complete']))
  })

  it('A rule is refused in the words of the service, edited from its address, and deleted', async () => {
    await tab.goTo(`${REPLICATION}/rules/1`)
    await tab.page.getByRole('checkbox', { name: 'Cross-account replication' }).check()
    await button('Next').click()
    await button('Next').click()
    await field('Destination account').fill(ACCOUNT)
    await button('Next').click()
    await button('Next').click()
    await button('Submit rule').click()
    await text('Replication destination cannot be the same as the source registry').waitFor()
    await button('Previous').click()
    await button('Previous').click()
    await field('Destination account').fill('444455556666')
    await button('Next').click()
    await button('Next').click()
    await button('Submit rule').click()
    await text('The replication rule was saved').waitFor()
    expect((await replicationRules())[0]?.destinations).toEqual([
      { region: 'eu-west-1', registryId: ACCOUNT },
      { region: 'us-east-1', registryId: '444455556666' },
    ])
    await tab.page.getByRole('radio', { name: 'Select rule 1' }).check()
    await button('Delete rule').click()
    await text('Rule 1: team* to eu-west-1, 444455556666 in us-east-1').waitFor()
    await button('Delete').click()
    await text('The replication rule was deleted').waitFor()
    expect(await replicationRules()).toEqual([])
  })

  it('Filters of scanning show what they match while they are typed, and the service says the same once they are saved', async () => {
    await tab.goTo(`${SCANNING}/edit`)
    await tab.page.getByRole('radio', { name: 'Enhanced scanning' }).check()
    await button('Add filter to continuous scanning').click()
    await field('Continuous scanning filter').fill('prod/*')
    await button('Add filter to scan on push').click()
    await field('Scan on push filter').fill('TEAM')
    const preview = 'Preview repository matches'
    expect(await tab.cellsOf(preview, 'prod/api')).toEqual(['prod/api', 'Continuous', 'prod/*'])
    expect(await tab.cellsOf(preview, 'team/app')).toEqual(['team/app', 'Manual', '–'])
    await button('Save').click()
    await text('failed to satisfy constraint').waitFor()
    await field('Scan on push filter').fill('team')
    expect(await tab.cellsOf(preview, 'Scan on push')).toEqual(['team/app', 'Scan on push', 'team'])
    await button('Save').click()
    await text('The scanning configuration was saved').waitFor()
    expect(await tab.cellsOf('Repositories', 'prod/api')).toEqual(['prod/api', 'Continuous', 'prod/*'])
    const { scanningConfiguration } = await ecr.send(new GetRegistryScanningConfigurationCommand({}))
    expect(scanningConfiguration?.scanType).toBe('ENHANCED')
    const { scanningConfigurations } = await ecr.send(
      new BatchGetRepositoryScanningConfigurationCommand({ repositoryNames: ['prod/api', 'team/app'] }),
    )
    expect(scanningConfigurations?.map(({ scanFrequency }) => scanFrequency).sort()).toEqual([
      'CONTINUOUS_SCAN',
      'SCAN_ON_PUSH',
    ])
    await tab.page.reload()
    await text('Enhanced scanning').waitFor()
  })

  it('A creation template is made in steps, and a push to a name that does not exist gets its settings', async () => {
    await tab.goTo(`${TEMPLATES}/create`)
    await field('Prefix').fill('made/here')
    await tab.page.getByRole('checkbox', { name: 'Create on push' }).check()
    await button('Next').click()
    await tab.page.getByRole('radio', { name: 'Immutable' }).check()
    await field('Repository lifecycle policy').fill('{"rules":[]}')
    await button('Next').click()
    await button('Create template').click()
    await tab.page.getByText('InvalidParameterException').waitFor()
    await button('Previous').click()
    await field('Repository lifecycle policy').fill('')
    await button('Next').click()
    await button('Create template').click()
    await text('The template made/here was created').waitFor()
    expect(await tab.cellsOf('Templates', 'made/here')).toEqual(
      expect.arrayContaining(['made/here', 'Create on push', 'Immutable']),
    )
    await registryClient(emulator, await authorizationToken(ecr)).pushBlob('made/here/app', Buffer.from('a layer'))
    const { repositories } = await ecr.send(new DescribeRepositoriesCommand({ repositoryNames: ['made/here/app'] }))
    expect(repositories?.[0]?.imageTagMutability).toBe('IMMUTABLE')
  })

  it('A template has an address of its own, from which it is edited and, once a word is typed, deleted', async () => {
    await tab.goTo(`${TEMPLATES}/templates/${encodeURIComponent('made/here')}`)
    await button('Edit').click()
    await field('Template description').fill('For what is made here')
    await button('Next').click()
    await button('Next').click()
    await button('Save').click()
    await text('The template made/here was saved').waitFor()
    await text('For what is made here').waitFor()
    const templates = async () =>
      (await ecr.send(new DescribeRepositoryCreationTemplatesCommand({}))).repositoryCreationTemplates
    expect((await templates())?.[0]).toMatchObject({
      description: 'For what is made here',
      imageTagMutability: 'IMMUTABLE',
      appliedFor: ['CREATE_ON_PUSH'],
    })
    await button('Delete').click()
    const dialog = tab.page.getByRole('dialog')
    expect(await dialog.getByRole('button', { name: 'Delete', exact: true }).isDisabled()).toBe(true)
    await field('To confirm, type delete').fill('delete')
    await dialog.getByRole('button', { name: 'Delete', exact: true }).click()
    await text('The template made/here was deleted').waitFor()
    expect(await templates()).toEqual([])
  })

  it('Account settings, pull-time update exclusions and signing rules are put where the page Settings says', async () => {
    await tab.goTo('/private-registry/settings')
    await choose('Blob mounting', 'Disabled')
    await text('Blob mounting is now DISABLED').waitFor()
    const { value } = await ecr.send(new GetAccountSettingCommand({ name: 'BLOB_MOUNTING' }))
    expect(value).toBe('DISABLED')

    const principalArn = `arn:aws:iam::${ACCOUNT}:role/scanner`
    await button('Add exclusion').click()
    await field('Principal ARN').fill('scanner')
    await button('Add').click()
    await text('failed to satisfy constraint').waitFor()
    await field('Principal ARN').fill(principalArn)
    await button('Add').click()
    await text(`Pulls by ${principalArn} are not recorded from now on`).waitFor()
    const { pullTimeUpdateExclusions } = await ecr.send(new ListPullTimeUpdateExclusionsCommand({}))
    expect(pullTimeUpdateExclusions).toEqual([principalArn])

    const signingProfileArn = `arn:aws:signer:us-east-1:${ACCOUNT}:/signing-profiles/release`
    await button('Add rule').click()
    await field('Signing profile ARN').fill(signingProfileArn)
    await field('Repository filters').fill('prod/*, team/*')
    await button('Add').click()
    await text('The signing rule was added').waitFor()
    const { signingConfiguration } = await ecr.send(new GetSigningConfigurationCommand({}))
    expect(signingConfiguration?.rules?.[0]?.repositoryFilters?.map(({ filter }) => filter)).toEqual([
      'prod/*',
      'team/*',
    ])
    await tab.page.getByRole('radio', { name: new RegExp(signingProfileArn) }).check()
    await button('Delete rule').click()
    await button('Delete').click()
    await text('The signing rule was deleted').waitFor()
    await expect(ecr.send(new GetSigningConfigurationCommand({}))).rejects.toThrow()
  })

  it('An address of something that is not there says so, and where to go', async () => {
    await tab.goTo(`${REPLICATION}/rules/7`)
    await text('There is no rule 7: the registry has 0.').waitFor()
    await tab.goTo(`${REPLICATION}/rules`)
    await heading('Replication rules').waitFor()
    await tab.goTo(`${TEMPLATES}/templates/nothing`)
    await text('There is no template with the prefix nothing.').waitFor()
    expect(tab.faults).toEqual({ errors: [], failedRequests: [], foreignRequests: [] })
  })
})
