import { isDeepStrictEqual } from 'node:util'
import { ServiceException } from '../registry/errors.js'
import { repositoryArn, type Registry } from '../registry/registry.js'
import type { Members } from '../control-plane/services/service.js'
import type { OperationName } from '../control-plane/services/ecr/operation.js'
import type { Call } from './api-calls.js'
import type { SeedRegistry } from './seed.js'

/** The members of a seed that the API of ECR puts in place, one operation each; images are imported instead. */
export type SeedMember = Exclude<keyof SeedRegistry, 'registryId' | 'region' | 'images'>

/** What there is to know about one kind of entry, all of it operations of the API. */
export interface SeedKind {
  /** What reports call an entry, before its name. */
  readonly title: string
  /** The member that names an entry; a registry has only one of a kind without names. */
  readonly nameMember?: string
  /** An entry as the input of `create`, if it is written in a shorter form. */
  readonly inputOf?: (entry: unknown) => Members
  /** The operation that puts a new entry in place. */
  readonly create: OperationName
  /** The operations that change an existing one. Members in none of them cannot be changed. */
  readonly changes: readonly Change[]
  /** The present state of an entry, with the same members as the input; undefined if there is none. */
  read(call: Call, name: string, registry: Registry): Promise<object | undefined>
}

/** An operation that changes members of an existing entry, or sets those that `create` does not take. */
export interface Change {
  readonly operation: OperationName
  readonly members: readonly string[]
  /** The input, if it is not the entry itself. */
  readonly inputOf?: (entry: Members, registry: Registry) => Members
  /** Whether the present value contains the declared one. Default: whether they are equal. */
  readonly contains?: (present: unknown, declared: unknown) => boolean
}

/** The members that a seed writes as policies, and that the API takes as JSON texts. */
export const policyMembers: readonly string[] = [
  'policyText',
  'lifecyclePolicyText',
  'repositoryPolicy',
  'lifecyclePolicy',
]

/** The kinds in the order in which they are put in place: what repositories depend on precedes them. */
export const seedKinds: Readonly<Record<SeedMember, SeedKind>> = {
  accountSettings: {
    title: 'account setting',
    nameMember: 'name',
    create: 'PutAccountSetting',
    changes: [{ operation: 'PutAccountSetting', members: ['value'] }],
    read: (call, name) => call('GetAccountSetting', { name }),
  },
  registryPolicy: {
    title: 'registry policy',
    inputOf: (policyText) => ({ policyText }),
    create: 'PutRegistryPolicy',
    changes: [{ operation: 'PutRegistryPolicy', members: ['policyText'] }],
    read: (call) => unlessMissing(call('GetRegistryPolicy', {})),
  },
  registryScanningConfiguration: {
    title: 'registry scanning configuration',
    create: 'PutRegistryScanningConfiguration',
    changes: [{ operation: 'PutRegistryScanningConfiguration', members: ['scanType', 'rules'] }],
    read: async (call) => (await call('GetRegistryScanningConfiguration', {})).scanningConfiguration,
  },
  signingConfiguration: {
    title: 'signing configuration',
    inputOf: (signingConfiguration) => ({ signingConfiguration }),
    create: 'PutSigningConfiguration',
    changes: [{ operation: 'PutSigningConfiguration', members: ['signingConfiguration'] }],
    read: (call) => unlessMissing(call('GetSigningConfiguration', {})),
  },
  pullTimeUpdateExclusions: {
    title: 'pull time update exclusion',
    nameMember: 'principalArn',
    inputOf: (principalArn) => ({ principalArn }),
    create: 'RegisterPullTimeUpdateExclusion',
    changes: [],
    read: async (call, principalArn) => {
      const { pullTimeUpdateExclusions = [] } = await call('ListPullTimeUpdateExclusions', { maxResults: 1000 })
      return pullTimeUpdateExclusions.includes(principalArn) ? { principalArn } : undefined
    },
  },
  repositoryCreationTemplates: {
    title: 'repository creation template',
    nameMember: 'prefix',
    create: 'CreateRepositoryCreationTemplate',
    changes: [
      {
        operation: 'UpdateRepositoryCreationTemplate',
        members: [
          'description',
          'encryptionConfiguration',
          'resourceTags',
          'imageTagMutability',
          'imageTagMutabilityExclusionFilters',
          'repositoryPolicy',
          'lifecyclePolicy',
          'appliedFor',
          'customRoleArn',
        ],
      },
    ],
    read: async (call, prefix) =>
      (await call('DescribeRepositoryCreationTemplates', { prefixes: [prefix] })).repositoryCreationTemplates?.[0],
  },
  pullThroughCacheRules: {
    title: 'pull through cache rule',
    nameMember: 'ecrRepositoryPrefix',
    create: 'CreatePullThroughCacheRule',
    changes: [{ operation: 'UpdatePullThroughCacheRule', members: ['credentialArn', 'customRoleArn'] }],
    read: async (call, prefix) => {
      const found = await unlessMissing(call('DescribePullThroughCacheRules', { ecrRepositoryPrefixes: [prefix] }))
      return found?.pullThroughCacheRules?.[0]
    },
  },
  repositories: {
    title: 'repository',
    nameMember: 'repositoryName',
    create: 'CreateRepository',
    changes: [
      {
        operation: 'PutImageTagMutability',
        members: ['imageTagMutability', 'imageTagMutabilityExclusionFilters'],
      },
      { operation: 'PutImageScanningConfiguration', members: ['imageScanningConfiguration'] },
      {
        operation: 'TagResource',
        members: ['tags'],
        inputOf: ({ repositoryName, tags }, registry) => ({
          resourceArn: repositoryArn(registry, String(repositoryName)),
          tags,
        }),
        contains: (present, declared) => isPartOf(declared, present),
      },
      {
        operation: 'SetRepositoryPolicy',
        members: ['policyText'],
        // The policy may deny the account's administrator to set another one, and is set even so.
        inputOf: ({ repositoryName, policyText }) => ({ repositoryName, policyText, force: true }),
      },
      { operation: 'PutLifecyclePolicy', members: ['lifecyclePolicyText'] },
    ],
    read: readRepository,
  },
  replicationConfiguration: {
    title: 'replication configuration',
    inputOf: (replicationConfiguration) => ({ replicationConfiguration }),
    create: 'PutReplicationConfiguration',
    changes: [{ operation: 'PutReplicationConfiguration', members: ['replicationConfiguration'] }],
    read: (call) => call('DescribeRegistry', {}),
  },
}

/** A repository with its tags and policies, which the API returns one by one. */
async function readRepository(call: Call, repositoryName: string, registry: Registry): Promise<object | undefined> {
  const found = await unlessMissing(call('DescribeRepositories', { repositoryNames: [repositoryName] }))
  if (!found) return undefined
  const [{ tags }, policy, lifecyclePolicy] = await Promise.all([
    call('ListTagsForResource', { resourceArn: repositoryArn(registry, repositoryName) }),
    unlessMissing(call('GetRepositoryPolicy', { repositoryName })),
    unlessMissing(call('GetLifecyclePolicy', { repositoryName })),
  ])
  return {
    ...found.repositories?.[0],
    tags,
    policyText: policy?.policyText,
    lifecyclePolicyText: lifecyclePolicy?.lifecyclePolicyText,
  }
}

/** Undefined if the service answers that there is none. */
async function unlessMissing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof ServiceException && error.code.endsWith('NotFoundException')) return undefined
    throw error
  }
}

const isPartOf = (part: unknown, whole: unknown): boolean =>
  Array.isArray(part) &&
  Array.isArray(whole) &&
  part.every((item) => whole.some((other) => isDeepStrictEqual(item, other)))
