import type { CreationRoleUse } from '../creation-templates/creation-role.js'
import {
  type CreationReason,
  type RepositoryCreationTemplate,
  whatNeedsRole,
} from '../creation-templates/creation-template.js'
import { TemplateNotApplicable } from '../creation-templates/template-errors.js'
import { templateForRepository } from '../creation-templates/template-for-repository.js'
import { limitExceeded, repositoryNotFound } from '../errors.js'
import { compactJson } from '../lifecycle/compact-json.js'
import { newLifecyclePolicy } from '../lifecycle/lifecycle-policy.js'
import type { Log } from '../ports/log.js'
import type { Records, Store } from '../ports/store.js'
import type { Quotas } from '../quotas.js'
import type { Registry } from '../registry.js'
import { acceptEncryption } from './encryption.js'
import { newRepository, type Repository } from './repository.js'

/**
 * Creates a repository, for the API. Returns false, changing nothing, if
 * the name is taken. Throws LimitExceeded if the registry has as many repositories as its quota allows.
 */
export const createRepository = (
  store: Store,
  registry: Registry,
  repository: Repository,
  quotas: Pick<Quotas, 'repositories'>,
): Promise<boolean> =>
  store.transact(registry, async ({ repositories }) => {
    const [existing, hasRoom] = await Promise.all([
      repositories.get(registry, repository.name),
      repositories.holdsFewerThan(registry, quotas.repositories),
    ])
    if (existing) return false
    if (!hasRoom) throw limitExceeded()
    await repositories.put(registry, repository.name, repository)
    return true
  })

/** Why and when ECR itself creates a repository. */
export interface ServiceCreation {
  readonly reason: CreationReason
  readonly now: Date
  /** Says why a template's custom role cannot be used; absent where no request causes the creation. */
  readonly checkRole?: (use: CreationRoleUse) => Promise<string | undefined>
  /** Where a template that cannot be applied is reported. */
  readonly log?: Log
}

/**
 * Creates a repository on behalf of ECR, with the settings of the template that covers it: for the first pull through a
 * cache rule, for a push, or for an image that replication brings. Returns false, changing nothing, if there is one.
 * Throws LimitExceeded, RepositoryNotFound for a push that no template covers, and TemplateNotApplicable.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-creation-templates.html
 */
export async function createRepositoryByService(
  store: Store,
  registry: Registry,
  name: string,
  creation: ServiceCreation,
  quotas: Pick<Quotas, 'repositories'>,
): Promise<boolean> {
  try {
    return await store.transact(registry, async (records) => {
      const [existing, template, hasRoom] = await Promise.all([
        records.repositories.get(registry, name),
        templateForRepository(records, registry, name, creation.reason),
        records.repositories.holdsFewerThan(registry, quotas.repositories),
      ])
      if (existing) return false
      if (!template && creation.reason === 'CREATE_ON_PUSH') throw repositoryNotFound(name, registry.account)
      if (template) await requireApplicable(template, registry, name, creation)
      if (!hasRoom) throw limitExceeded()
      await putRepository(records, registry, name, template, creation.now)
      return true
    })
  } catch (error) {
    if (error instanceof TemplateNotApplicable)
      creation.log?.warn({ ...registry, repository: name, template: error.prefix }, error.message)
    throw error
  }
}

/** Resource tags and KMS need a custom role, and a custom role must exist and be allowed what it is for. */
async function requireApplicable(
  template: RepositoryCreationTemplate,
  registry: Registry,
  name: string,
  { checkRole }: ServiceCreation,
): Promise<void> {
  const { customRoleArn, prefix, resourceTags = [] } = template
  const needing = whatNeedsRole(template)
  const reason =
    customRoleArn === undefined
      ? needing && `${needing} need a customRoleArn`
      : await checkRole?.({ roleArn: customRoleArn, registry, repository: name, tags: resourceTags })
  if (reason !== undefined) throw new TemplateNotApplicable(name, registry.account, prefix, reason)
}

async function putRepository(
  records: Records,
  registry: Registry,
  name: string,
  template: RepositoryCreationTemplate | undefined,
  now: Date,
): Promise<void> {
  const { repositoryPolicy, lifecyclePolicy } = template ?? {}
  const settings = template && settingsOf(template, registry)
  await records.repositories.put(registry, name, newRepository(name, now, settings))
  if (repositoryPolicy !== undefined) await records.repositoryPolicies.put(registry, name, { text: repositoryPolicy })
  if (lifecyclePolicy !== undefined)
    await records.lifecyclePolicies.put(registry, name, newLifecyclePolicy(name, compactJson(lifecyclePolicy), now))
}

const settingsOf = (template: RepositoryCreationTemplate, registry: Registry): Partial<Repository> => ({
  imageTagMutability: template.imageTagMutability,
  ...(template.imageTagMutabilityExclusionFilters && {
    imageTagMutabilityExclusionFilters: template.imageTagMutabilityExclusionFilters,
  }),
  encryption: acceptEncryption(template.encryption, registry),
  tags: [...(template.resourceTags ?? [])],
})
