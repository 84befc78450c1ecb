import type { Records } from '../ports/store.js'
import type { Registry } from '../registry.js'
import { type CreationReason, prefixesCovering, type RepositoryCreationTemplate } from './creation-template.js'

/**
 * The template for a repository that ECR creates for this reason: of those that are applied for it, the one with the
 * most specific prefix. Read each time, so that a new or a deleted template takes effect at once.
 */
export async function templateForRepository(
  { creationTemplates }: Pick<Records, 'creationTemplates'>,
  registry: Registry,
  repository: string,
  reason: CreationReason,
): Promise<RepositoryCreationTemplate | undefined> {
  const prefixes = prefixesCovering(repository)
  const templates = await Promise.all(prefixes.map(async (prefix) => creationTemplates.get(registry, prefix)))
  return templates.find((template) => template?.appliedFor.includes(reason))
}
