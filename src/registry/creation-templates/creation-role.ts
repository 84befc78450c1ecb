import type { Registry } from '../registry.js'
import type { ResourceTag } from '../repositories/repository.js'
import type { RequestContext } from '../request-context.js'

/** What ECR does with a template's custom role: it assumes the role to create and tag a repository. */
export interface CreationRoleUse {
  readonly roleArn: string
  readonly registry: Registry
  readonly repository: string
  readonly tags: readonly ResourceTag[]
}

/**
 * Why a custom role cannot be used like this, as the end of a sentence; undefined if it can. `access` decides it, and
 * the registry asks when it creates a repository. The decisions are logged under the request that caused the creation.
 */
export type CheckCreationRole = (use: CreationRoleUse, request: RequestContext) => Promise<string | undefined>
