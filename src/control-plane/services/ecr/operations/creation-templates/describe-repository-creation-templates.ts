import {
  type RepositoryCreationTemplate,
  templatePrefix,
} from '../../../../../registry/creation-templates/creation-template.js'
import type { Page, Records } from '../../../../../registry/ports/store.js'
import type { Registry } from '../../../../../registry/registry.js'
import type { Operation } from '../../operation.js'
import { wholeRegistry } from '../../operation-resources.js'
import { pageOf, refusePagingWith, tokenOf } from '../../paging.js'
import { templateShape } from '../../shapes/template-shape.js'

/**
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeRepositoryCreationTemplates.html
 *
 * @exact The members, and pages of 100 templates unless the call says otherwise.
 * @inferred A prefix without a template is left out: the operation declares no TemplateNotFoundException. Templates are
 * listed in the order of their prefixes. Prefixes cannot be combined with paging.
 */
export const describeRepositoryCreationTemplates: Operation<'DescribeRepositoryCreationTemplates'> = {
  resources: wholeRegistry,

  async run(input, { registry, store }) {
    const { prefixes } = input
    refusePagingWith('prefixes', prefixes, input)
    const page = prefixes
      ? await namedTemplates(prefixes, registry, store)
      : await store.creationTemplates.list(registry, pageOf('DescribeRepositoryCreationTemplates', input))
    return {
      registryId: registry.account,
      repositoryCreationTemplates: page.items.map(templateShape),
      ...tokenOf(page),
    }
  },
}

/** The templates of these prefixes, each once, on the only page. */
async function namedTemplates(
  prefixes: readonly string[],
  registry: Registry,
  { creationTemplates }: Pick<Records, 'creationTemplates'>,
): Promise<Page<RepositoryCreationTemplate>> {
  const keys = [...new Set(prefixes.map(templatePrefix))]
  const found = await Promise.all(keys.map(async (key) => creationTemplates.get(registry, key)))
  return { items: found.filter((template) => template !== undefined) }
}
