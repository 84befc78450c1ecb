import { acceptRepositoryPolicy } from '../../../access/accept-policy.js'
import { unknownActions } from '../../../access/known-actions.js'
import { parseRepositoryPolicy } from '../../../access/parsed-policies.js'
import type { RepositoryCreationTemplate } from '../../../registry/creation-templates/creation-template.js'
import { invalidCustomRole } from '../../../registry/creation-templates/template-errors.js'
import { acceptLifecyclePolicy } from '../../../registry/lifecycle/accept-lifecycle-policy.js'
import type { Context } from '../context.js'
import { acceptMutability } from './accept-mutability.js'
import type { Input } from './operation.js'
import { acceptTags } from './resource-tags.js'

/**
 * A template with the members that a call gives, which replace those of the template as it was. An empty text or list
 * removes a member. Policies are validated as if they were set on a repository. Throws InvalidParameterException,
 * InvalidTagParameterException and TooManyTagsException.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_UpdateRepositoryCreationTemplate.html
 */
export function withGivenMembers(
  before: RepositoryCreationTemplate,
  input: Omit<Input<'UpdateRepositoryCreationTemplate'>, 'prefix'>,
  context: Context,
): RepositoryCreationTemplate {
  const description = replaced(input.description, before.description)
  const repositoryPolicy = replaced(input.repositoryPolicy, before.repositoryPolicy)
  const lifecyclePolicy = replaced(input.lifecyclePolicy, before.lifecyclePolicy)
  const customRoleArn = replaced(input.customRoleArn, before.customRoleArn)
  const resourceTags = input.resourceTags ? acceptTags(input.resourceTags) : (before.resourceTags ?? [])
  if (input.repositoryPolicy) acceptPolicy(input.repositoryPolicy, context)
  if (input.lifecyclePolicy) acceptLifecyclePolicy(input.lifecyclePolicy)
  if (input.customRoleArn) acceptRole(input.customRoleArn, context)
  return {
    prefix: before.prefix,
    appliedFor: input.appliedFor ?? before.appliedFor,
    ...mutabilityOf(before, input),
    encryption: input.encryptionConfiguration ? acceptEncryption(input.encryptionConfiguration) : before.encryption,
    ...(description !== undefined && { description }),
    ...(resourceTags.length > 0 && { resourceTags }),
    ...(repositoryPolicy !== undefined && { repositoryPolicy }),
    ...(lifecyclePolicy !== undefined && { lifecyclePolicy }),
    ...(customRoleArn !== undefined && { customRoleArn }),
    createdAt: before.createdAt,
    updatedAt: context.now.getTime(),
  }
}

const replaced = (given: string | undefined, before: string | undefined): string | undefined =>
  given === undefined ? before : given || undefined

/** Exclusion filters stay with a mutability that needs them, and go with one that does not. */
function mutabilityOf(
  before: RepositoryCreationTemplate,
  input: Pick<Input<'UpdateRepositoryCreationTemplate'>, 'imageTagMutability' | 'imageTagMutabilityExclusionFilters'>,
) {
  const { imageTagMutability = before.imageTagMutability, imageTagMutabilityExclusionFilters: given } = input
  const kept = imageTagMutability.endsWith('_WITH_EXCLUSION') ? before.imageTagMutabilityExclusionFilters : undefined
  const filters = given ?? kept
  return acceptMutability({
    imageTagMutability,
    ...(filters && { imageTagMutabilityExclusionFilters: filters }),
  })
}

/** An empty key is the AWS managed one, as if it were left out. */
function acceptEncryption({
  encryptionType,
  kmsKey,
}: Input<'CreateRepositoryCreationTemplate'>['encryptionConfiguration'] &
  object): RepositoryCreationTemplate['encryption'] {
  return encryptionType === 'AES256' || !kmsKey ? { encryptionType } : { encryptionType, kmsKey }
}

/** No caller can lock itself out: the template applies only to repositories that do not exist yet. */
function acceptPolicy(text: string, context: Context): void {
  acceptRepositoryPolicy(text, context)
  for (const warning of unknownActions(parseRepositoryPolicy(text).policy))
    context.log.warn({ ...context.registry }, warning)
}

function acceptRole(arn: string, { registry: { account } }: Context): void {
  const [, owner] = /^arn:[a-z-]+:iam::(\d{12}):role\/./.exec(arn) ?? []
  if (owner !== account) throw invalidCustomRole(account)
}
