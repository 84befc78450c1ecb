import { TEMPLATE_ROLE } from '../../../../../registry/cache-rules/service-linked-role.js'
import { templatePrefix } from '../../../../../registry/creation-templates/creation-template.js'
import { templateAlreadyExists } from '../../../../../registry/creation-templates/template-errors.js'
import { keyOf } from '../../../../../registry/ports/store.js'
import { installation } from '../../../../../registry/registry.js'
import { withGivenMembers } from '../../accept-template.js'
import type { Operation } from '../../operation.js'
import { templateShape } from '../../shapes/template-shape.js'
import { templatePermissions } from '../../template-permissions.js'

/**
 * The first template of an account also creates the service-linked role. Resource tags and KMS without a role are
 * accepted: the pull or push that would use the template fails.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepositoryCreationTemplate.html
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/slr-rct.html
 *
 * @exact The members, their defaults (AES256, MUTABLE), the permissions that the user guide lists, the class and the
 * documented text of TemplateAlreadyExistsException.
 * @inferred A trailing slash of the prefix is left out, the further permissions are asked for on the repositories under
 * the prefix, and what is not the ARN of a role of the account is refused with a text of ours.
 * @notModelled A limit on the number of templates: it is not published.
 */
export const createRepositoryCreationTemplate: Operation<'CreateRepositoryCreationTemplate'> = {
  resources: templatePermissions,

  async run({ prefix, ...input }, context) {
    const { registry, store, now } = context
    const empty = {
      prefix: templatePrefix(prefix),
      appliedFor: input.appliedFor,
      imageTagMutability: 'MUTABLE',
      encryption: { encryptionType: 'AES256' },
      createdAt: now.getTime(),
      updatedAt: now.getTime(),
    } as const
    const template = withGivenMembers(empty, input, context)
    const isNew = await store.creationTemplates.insert(registry, template.prefix, template)
    if (!isNew) throw templateAlreadyExists()
    const role = { account: registry.account, roleName: TEMPLATE_ROLE, createdAt: now.getTime() }
    await store.roles.insert(installation, keyOf(role.account, role.roleName), role)
    return { registryId: registry.account, repositoryCreationTemplate: templateShape(template) }
  },
}
