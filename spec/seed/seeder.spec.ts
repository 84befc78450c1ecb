import {
  DeletePullThroughCacheRuleCommand,
  DeleteRepositoryCommand,
  DescribePullThroughCacheRulesCommand,
  DescribeRegistryCommand,
  DescribeRepositoriesCommand,
  DescribeRepositoryCreationTemplatesCommand,
  GetAccountSettingCommand,
  GetLifecyclePolicyCommand,
  GetRegistryPolicyCommand,
  GetRegistryScanningConfigurationCommand,
  GetRepositoryPolicyCommand,
  GetSigningConfigurationCommand,
  ListPullTimeUpdateExclusionsCommand,
  ListTagsForResourceCommand,
  PutImageTagMutabilityCommand,
} from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { memoryKeyValue } from '../../src/adapters/memory/key-value.js'
import { listAll } from '../../src/registry/list-records.js'
import type { Store } from '../../src/registry/ports/store.js'
import { seeder } from '../../src/seed/seeder.js'
import type { Seed } from '../../src/seed/seed.js'
import { storeOf } from '../../src/store/store-of.js'
import { account, region, startEmulator } from '../support/emulator.js'
import { expiry, pullPolicy, registryPolicy, repositoryName, rule, whole } from '../support/seeds.js'
import { recordedLog } from '../support/recorded-log.js'

const arn = `arn:aws:ecr:${region}:${account}:repository/${repositoryName}`

async function seeded() {
  const emulator = await startEmulator()
  const log = recordedLog()
  const apply = async (seed: Seed) => {
    const emptyStore = () => storeOf(memoryKeyValue())
    const lines = await seeder(seed, undefined, { ...emulator.deps, log, emptyStore }).apply()
    return lines.map(({ outcome, title, detail }) => `${outcome} ${title}${detail === undefined ? '' : `: ${detail}`}`)
  }
  const applyOne = (entries: Omit<Seed, 'registryId'>) => apply({ registryId: account, ...entries })
  return { ...emulator, log, apply, applyOne }
}

describe('a seed', () => {
  it('Every kind of entry is put in place as the API describes it, in the order of their dependencies', async () => {
    await using emulator = await seeded()
    const { ecr, apply } = emulator

    expect(await apply(whole)).toEqual([
      'updated account setting BLOB_MOUNTING: value',
      'created registry policy',
      'updated registry scanning configuration: rules',
      'created signing configuration',
      `created pull time update exclusion arn:aws:iam::${account}:role/scanner`,
      'created repository creation template ecr-public',
      'created pull through cache rule ecr-public',
      'created repository team/app',
      'updated replication configuration',
    ])

    expect((await ecr.send(new GetAccountSettingCommand({ name: 'BLOB_MOUNTING' }))).value).toBe('DISABLED')
    const policy = await ecr.send(new GetRegistryPolicyCommand({}))
    expect(JSON.parse(policy.policyText ?? '')).toEqual(registryPolicy)
    const scanning = await ecr.send(new GetRegistryScanningConfigurationCommand({}))
    expect(scanning.scanningConfiguration).toEqual(whole.registryScanningConfiguration)
    const signing = await ecr.send(new GetSigningConfigurationCommand({}))
    expect(signing.signingConfiguration).toEqual(whole.signingConfiguration)
    const exclusions = await ecr.send(new ListPullTimeUpdateExclusionsCommand({}))
    expect(exclusions.pullTimeUpdateExclusions).toEqual(whole.pullTimeUpdateExclusions)
    const templates = await ecr.send(new DescribeRepositoryCreationTemplatesCommand({}))
    expect(templates.repositoryCreationTemplates).toMatchObject([
      { prefix: 'ecr-public', description: 'caches', lifecyclePolicy: JSON.stringify(expiry(7)) },
    ])
    const rules = await ecr.send(new DescribePullThroughCacheRulesCommand({}))
    expect(rules.pullThroughCacheRules).toMatchObject([rule])
    const { repositories } = await ecr.send(new DescribeRepositoriesCommand({}))
    expect(repositories).toMatchObject([
      {
        repositoryName,
        imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION',
        imageTagMutabilityExclusionFilters: [{ filterType: 'WILDCARD', filter: 'dev-*' }],
        imageScanningConfiguration: { scanOnPush: true },
        encryptionConfiguration: { encryptionType: 'KMS' },
      },
    ])
    expect((await ecr.send(new ListTagsForResourceCommand({ resourceArn: arn }))).tags).toEqual([
      { Key: 'team', Value: 'web' },
    ])
    const { policyText } = await ecr.send(new GetRepositoryPolicyCommand({ repositoryName }))
    expect(JSON.parse(policyText ?? '')).toEqual(pullPolicy)
    const { lifecyclePolicyText } = await ecr.send(new GetLifecyclePolicyCommand({ repositoryName }))
    expect(JSON.parse(lifecyclePolicyText ?? '')).toEqual(expiry(14))
    const { replicationConfiguration } = await ecr.send(new DescribeRegistryCommand({}))
    expect(replicationConfiguration?.rules).toMatchObject(whole.replicationConfiguration.rules)
  })

  it('What the API made of an entry since then stays, until the entry is edited', async () => {
    await using emulator = await seeded()
    const { ecr, applyOne } = emulator
    const entry = { repositoryName, imageTagMutability: 'IMMUTABLE' as const }
    await applyOne({ repositories: [entry], pullThroughCacheRules: [rule] })
    await ecr.send(new PutImageTagMutabilityCommand({ repositoryName, imageTagMutability: 'MUTABLE' }))
    await ecr.send(new DeletePullThroughCacheRuleCommand({ ecrRepositoryPrefix: 'ecr-public' }))

    await applyOne({ repositories: [entry], pullThroughCacheRules: [rule] })
    expect((await ecr.send(new DescribePullThroughCacheRulesCommand({}))).pullThroughCacheRules).toEqual([])

    const edited = { ...entry, tags: [{ Key: 'team', Value: 'web' }] }
    expect(await applyOne({ repositories: [edited], pullThroughCacheRules: [rule] })).toEqual([
      'unchanged pull through cache rule ecr-public',
      'updated repository team/app: imageTagMutability, tags',
    ])
    const { repositories } = await ecr.send(new DescribeRepositoriesCommand({}))
    expect(repositories).toMatchObject([{ imageTagMutability: 'IMMUTABLE' }])
  })

  it('An entry that is not in the seed any more is not deleted, nor are tags that it has not', async () => {
    await using emulator = await seeded()
    const { ecr, applyOne } = emulator
    await applyOne({
      repositories: [{ repositoryName, tags: [{ Key: 'team', Value: 'web' }] }, { repositoryName: 'app' }],
    })

    expect(await applyOne({ repositories: [{ repositoryName, tags: [{ Key: 'stage', Value: 'dev' }] }] })).toEqual([
      'updated repository team/app: tags',
    ])

    const { repositories } = await ecr.send(new DescribeRepositoriesCommand({}))
    expect(repositories?.map((repository) => repository.repositoryName)).toEqual(['app', repositoryName])
    const { tags } = await ecr.send(new ListTagsForResourceCommand({ resourceArn: arn }))
    expect(tags).toEqual([
      { Key: 'team', Value: 'web' },
      { Key: 'stage', Value: 'dev' },
    ])
  })

  it('What exists as declared is unchanged, whatever its form: defaults, keys by alias, spaces in policies', async () => {
    await using emulator = await seeded()
    const { deps, apply } = emulator
    await apply(whole)
    for (const { title } of await titles(deps.store)) await deps.store.appliedSeeds.remove({ account, region }, title)
    const respelled = {
      ...whole,
      repositories: [{ ...whole.repositories[0]!, policyText: JSON.stringify(pullPolicy, null, 4) }],
    }

    expect(await apply(respelled)).toEqual([
      'unchanged account setting BLOB_MOUNTING',
      'unchanged registry policy',
      'unchanged registry scanning configuration',
      'unchanged signing configuration',
      `unchanged pull time update exclusion arn:aws:iam::${account}:role/scanner`,
      'unchanged repository creation template ecr-public',
      'unchanged pull through cache rule ecr-public',
      'unchanged repository team/app',
      'unchanged replication configuration',
    ])
  })

  it('Every kind of entry is updated when it was edited', async () => {
    await using emulator = await seeded()
    const { apply, ecr } = emulator
    await apply(whole)
    const edited = {
      ...whole,
      accountSettings: [{ name: 'BLOB_MOUNTING', value: 'ENABLED' }],
      registryPolicy: { ...registryPolicy, Id: 'edited' },
      registryScanningConfiguration: { scanType: 'ENHANCED' as const },
      signingConfiguration: { rules: [] },
      repositoryCreationTemplates: [{ ...whole.repositoryCreationTemplates[0]!, description: 'edited' }],
      pullThroughCacheRules: [{ ...rule, customRoleArn: `arn:aws:iam::${account}:role/puller` }],
      repositories: [
        {
          repositoryName,
          imageTagMutability: 'MUTABLE' as const,
          imageScanningConfiguration: { scanOnPush: false },
          policyText: { ...pullPolicy, Id: 'edited' },
          lifecyclePolicyText: expiry(3),
        },
      ],
      replicationConfiguration: { rules: [] },
    }
    expect(await apply(edited)).toEqual([
      'updated account setting BLOB_MOUNTING: value',
      'updated registry policy',
      'updated registry scanning configuration: scanType',
      'updated signing configuration',
      `unchanged pull time update exclusion arn:aws:iam::${account}:role/scanner`,
      'updated repository creation template ecr-public: description',
      'updated pull through cache rule ecr-public: customRoleArn',
      'updated repository team/app: imageTagMutability, imageScanningConfiguration, policyText, lifecyclePolicyText',
      'updated replication configuration',
    ])
    const { repositories } = await ecr.send(new DescribeRepositoriesCommand({}))
    expect(repositories).toMatchObject([
      { imageTagMutability: 'MUTABLE', imageScanningConfiguration: { scanOnPush: false } },
    ])
    const { lifecyclePolicyText } = await ecr.send(new GetLifecyclePolicyCommand({ repositoryName }))
    expect(JSON.parse(lifecyclePolicyText ?? '')).toEqual(expiry(3))
  })

  it('What cannot be changed fails with what it is and what was declared, and is tried again at the next start', async () => {
    await using emulator = await seeded()
    const { applyOne, ecr } = emulator
    await applyOne({ repositories: [{ repositoryName }], pullThroughCacheRules: [rule] })
    const edited = {
      pullThroughCacheRules: [{ ...rule, upstreamRegistryUrl: 'quay.io' }],
      repositories: [{ repositoryName, encryptionConfiguration: { encryptionType: 'KMS_DSSE' as const } }],
    }
    const [rules, encryption] = await applyOne(edited)
    expect(rules).toBe(
      'failed pull through cache rule ecr-public: upstreamRegistryUrl is "public.ecr.aws", not "quay.io": ' +
        'that cannot be changed, only deleted and created again',
    )
    expect(encryption).toMatch(
      /^failed repository team\/app: encryptionConfiguration is \{"encryptionType":"AES256"\}, not \{"encryptionType":"KMS_DSSE",.*\}: that cannot/,
    )

    await ecr.send(new DeleteRepositoryCommand({ repositoryName }))
    await ecr.send(new DeletePullThroughCacheRuleCommand({ ecrRepositoryPrefix: 'ecr-public' }))
    expect(await applyOne(edited)).toEqual([
      'created pull through cache rule ecr-public',
      'created repository team/app',
    ])
  })

  it("A refusal is reported in the service's words and keeps no other entry from its place", async () => {
    await using emulator = await seeded()
    const { applyOne, log } = emulator
    const zeroDays = { ...expiry(0), note: 'x'.repeat(10) }
    const seed = {
      pullThroughCacheRules: [{ ecrRepositoryPrefix: 'hub', upstreamRegistryUrl: 'registry-1.docker.io' }],
      repositories: [{ repositoryName: 'bad', lifecyclePolicyText: zeroDays }, { repositoryName }],
    }
    const refusals = [
      'failed pull through cache rule hub: UnsupportedUpstreamRegistryException: The specified upstream registry requires authentication. Specify a valid Secrets Manager ARN',
      expect.stringMatching(
        /^failed repository bad: InvalidParameterException: Invalid parameter at 'LifecyclePolicyText' failed to satisfy constraint: /,
      ),
    ]
    expect(await applyOne(seed)).toEqual([...refusals, 'created repository team/app'])
    expect(log.lines).toContainEqual([
      'warn',
      { path: '/seed/pullThroughCacheRules/0' },
      `seed: ${String(refusals[0])}`,
    ])
    expect(log.lines.at(-1)).toEqual(['info', {}, 'seed: 1 created, 2 failed'])

    expect(await applyOne(seed)).toEqual([...refusals, 'unchanged repository team/app'])
    const [, good] = seed.repositories
    const corrected = { repositories: [{ repositoryName: 'bad', lifecyclePolicyText: expiry(1) }, good!] }
    expect(await applyOne(corrected)).toEqual([
      'updated repository bad: lifecyclePolicyText',
      'unchanged repository team/app',
    ])
  })

  it('No policy keeps a seed from its place, not even one that denies everything to everyone', async () => {
    await using emulator = await seeded()
    const denial = { Effect: 'Deny', Principal: '*', Action: 'ecr:*' }
    const policyText = { Version: '2012-10-17', Statement: [denial] }
    const tagged = { repositoryName, policyText, tags: [{ Key: 'team', Value: 'web' }] }
    expect(await emulator.applyOne({ repositories: [{ repositoryName, policyText }] })).toEqual([
      'created repository team/app',
    ])
    expect(await emulator.applyOne({ repositories: [tagged] })).toEqual(['updated repository team/app: tags'])
    const refusal = await emulator.ecr
      .send(new DescribeRepositoriesCommand({ repositoryNames: [repositoryName] }))
      .catch((error: unknown) => error)
    expect(refusal).toMatchObject({ name: 'AccessDeniedException' })
  })

  it('A list seeds registries of several accounts and Regions, each with its own', async () => {
    await using emulator = await seeded()
    const seed = [
      { registryId: account, region: 'eu-west-1', repositories: [{ repositoryName: 'europe' }] },
      { registryId: account, repositories: [{ repositoryName: 'america' }] },
    ]
    await emulator.apply(seed)
    expect(emulator.log.lines.map(([, , message]) => message)).toEqual([
      `seed: created repository europe in ${account} eu-west-1`,
      `seed: created repository america in ${account} us-east-1`,
      'seed: 2 created',
    ])
    const names = async (where: string) => {
      const { repositories } = await emulator.as('AKIDEXAMPLE', where).send(new DescribeRepositoriesCommand({}))
      return repositories?.map((repository) => repository.repositoryName)
    }
    expect(await names('eu-west-1')).toEqual(['europe'])
    expect(await names('us-east-1')).toEqual(['america'])
  })
})

const titles = async (store: Store) => {
  const names = [
    'account setting BLOB_MOUNTING',
    'registry policy',
    'registry scanning configuration',
    'signing configuration',
    `pull time update exclusion arn:aws:iam::${account}:role/scanner`,
    'repository creation template ecr-public',
    'pull through cache rule ecr-public',
    'repository team/app',
    'replication configuration',
  ]
  expect(await listAll(store.appliedSeeds, { account, region })).toHaveLength(names.length)
  return names.map((title) => ({ title }))
}
