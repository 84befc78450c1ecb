import { ROOT } from '../../../registry/cache-rules/cache-rule.js'
import { templatePrefix } from '../../../registry/creation-templates/creation-template.js'
import { type Registry, repositoryArn } from '../../../registry/registry.js'
import type { Permission } from './operation.js'
import { passedRole, textOf, wholeRegistry } from './operation-resources.js'

/** The members on which the permissions for a template depend; not validated yet. */
interface TemplateMembers {
  readonly prefix?: unknown
  readonly lifecyclePolicy?: unknown
  readonly repositoryPolicy?: unknown
  readonly customRoleArn?: unknown
}

/**
 * What a caller needs to create or change a template: the operation, the actions that the template makes possible on
 * the repositories under its prefix, and iam:PassRole for a custom role.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-creation-templates-create.html
 */
export function templatePermissions(input: TemplateMembers, registry: Registry): (string | Permission)[] {
  const prefix = templatePrefix(textOf(input.prefix))
  const resource = repositoryArn(registry, prefix === ROOT ? '*' : `${prefix}/*`)
  return [
    ...wholeRegistry(),
    { action: 'ecr:CreateRepository', resource },
    ...(isSet(input.lifecyclePolicy) ? [{ action: 'ecr:PutLifecyclePolicy', resource } as const] : []),
    ...(isSet(input.repositoryPolicy) ? [{ action: 'ecr:SetRepositoryPolicy', resource } as const] : []),
    ...(isSet(input.customRoleArn) ? passedRole(input) : []),
  ]
}

/** An empty text removes a member from a template, which needs no permission of its own. */
const isSet = (member: unknown): boolean => member !== undefined && member !== null && member !== ''
