import { templatePrefix } from '../../../../../registry/creation-templates/creation-template.js'
import { templateNotFound } from '../../../../../registry/creation-templates/template-errors.js'
import { withGivenMembers } from '../../accept-template.js'
import type { Operation } from '../../operation.js'
import { templateShape } from '../../shapes/template-shape.js'
import { templatePermissions } from '../../template-permissions.js'

/**
 * Changes the members that are given. Repositories that were created by the template keep their settings.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_UpdateRepositoryCreationTemplate.html
 *
 * @exact Members that are not given stay, and the answer has the whole template with the texts as they were given.
 * @inferred An empty text or list removes a member (Terraform's provider sends one to remove it). Exclusion filters go
 * with a mutability that has none.
 */
export const updateRepositoryCreationTemplate: Operation<'UpdateRepositoryCreationTemplate'> = {
  resources: templatePermissions,

  async run({ prefix, ...input }, context) {
    const { registry, store } = context
    const updated = await store.creationTemplates.update(registry, templatePrefix(prefix), (before) =>
      withGivenMembers(before, input, context),
    )
    if (!updated) throw templateNotFound()
    return { registryId: registry.account, repositoryCreationTemplate: templateShape(updated) }
  },
}
