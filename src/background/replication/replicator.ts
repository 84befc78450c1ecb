import { type AccessRequest, type Action, type Authorize, isAllowed } from '../../access/authorize.js'
import type { CheckCreationRole, CreationRoleUse } from '../../registry/creation-templates/creation-role.js'
import { ServiceException } from '../../registry/errors.js'
import type { ImageStorage } from '../../registry/images/image-push.js'
import { replicationPrincipal } from '../../access/replication-principal.js'
import type { Ids } from '../../registry/ports/ids.js'
import { StoreUnavailable } from '../../registry/ports/key-value.js'
import { keyOf } from '../../registry/ports/store.js'
import type { Log } from '../../registry/ports/log.js'
import type { Quotas } from '../../registry/quotas.js'
import { repositoryArn } from '../../registry/registry.js'
import type { RequestContext } from '../../registry/request-context.js'
import { type CopyOutcome, copyImage, type ImageCopy, outcomeOf } from '../../registry/replication/image-copy.js'
import { createRepositoryByService } from '../../registry/repositories/repository-creation.js'

/** The parts that replicating an image needs. */
export interface ReplicatorDeps extends ImageStorage {
  readonly quotas: Quotas
  readonly authorize: Authorize
  readonly ids: Ids
  readonly checkCreationRole: CheckCreationRole
  readonly log: Log
}

/** Copies an image to another registry, if that registry lets it. Throws StoreUnavailable. */
export type Replicate = (copy: ImageCopy) => Promise<CopyOutcome>

/** What all replications use, live or by a backfill. */
export const replicator =
  (deps: ReplicatorDeps): Replicate =>
  async (copy) => {
    try {
      if (!(await prepareRepository(deps, copy))) return { status: 'FAILED', failureCode: 'AccessDenied' }
      return await copyImage(deps, copy)
    } catch (error) {
      if (error instanceof StoreUnavailable) throw error
      if (!(error instanceof ServiceException)) deps.log.warn({ err: error, ...copy }, 'an image was not replicated')
      return outcomeOf(error)
    }
  }

/**
 * Creates the repository if the destination lacks it. Returns false if the destination's policies do not allow the
 * replication. Within an account no policy is asked.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry-permissions-create-replication.html
 */
async function prepareRepository(deps: ReplicatorDeps, copy: ImageCopy): Promise<boolean> {
  const { source, destination, repository, digest } = copy
  const exists = (await deps.store.repositories.get(destination, repository)) !== undefined
  if (source.account !== destination.account) {
    if (!(await isPermitted(deps, copy, 'ecr:ReplicateImage'))) return false
    if (!exists && !(await isPermitted(deps, copy, 'ecr:CreateRepository'))) return false
  }
  if (!exists && (await deps.store.images.get(source, keyOf(repository, digest)))) await createRepository(deps, copy)
  return true
}

function createRepository(deps: ReplicatorDeps, copy: ImageCopy): Promise<boolean> {
  const { store, quotas, log, checkCreationRole, ids } = deps
  const request = requestOf(copy, ids.uuid())
  const checkRole = (use: CreationRoleUse) => checkCreationRole(use, request)
  const creation = { reason: 'REPLICATION', now: copy.now, checkRole, log } as const
  return createRepositoryByService(store, copy.destination, copy.repository, creation, quotas)
}

/** A denial is logged, because it reaches no client. */
async function isPermitted({ authorize, ids, log }: ReplicatorDeps, copy: ImageCopy, action: Action): Promise<boolean> {
  const requestId = ids.uuid()
  const permitted = await isAllowed(authorize, accessRequest(action, copy, requestId))
  const { source, destination, repository } = copy
  if (!permitted)
    log.warn(
      { requestId, action, source, destination, repository },
      `replication is denied by the destination (ecr-local explain ${requestId} says why)`,
    )
  return permitted
}

const accessRequest = (action: Action, copy: ImageCopy, requestId: string): AccessRequest => ({
  action,
  principal: replicationPrincipal(copy.source.account),
  registry: copy.destination,
  resources: [repositoryArn(copy.destination, copy.repository)],
  request: requestOf(copy, requestId),
})

/** Replication has no client: its request comes from no address. */
const requestOf = ({ now }: ImageCopy, requestId: string): RequestContext => ({
  requestId,
  at: now.getTime(),
  sourceIp: '',
  userAgent: 'replication.ecr.amazonaws.com',
  isSecure: true,
  isFips: false,
})
