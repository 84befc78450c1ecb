import { templatePrefix } from '../../../../../registry/creation-templates/creation-template.js'
import { templateNotFound } from '../../../../../registry/creation-templates/template-errors.js'
import type { Operation } from '../../operation.js'
import { wholeRegistry } from '../../operation-resources.js'
import { templateShape } from '../../shapes/template-shape.js'

/**
 * Repositories that were created by the template stay as they are.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DeleteRepositoryCreationTemplate.html
 *
 * @exact The answer is the deleted template; the class and the documented text of TemplateNotFoundException.
 */
export const deleteRepositoryCreationTemplate: Operation<'DeleteRepositoryCreationTemplate'> = {
  resources: wholeRegistry,

  async run({ prefix }, { registry, store }) {
    const template = await store.creationTemplates.remove(registry, templatePrefix(prefix))
    if (!template) throw templateNotFound()
    return { registryId: registry.account, repositoryCreationTemplate: templateShape(template) }
  },
}
