import { type AccessRequest, type Authorize, isAllowed } from '../access/authorize.js'
import { findImage, type FoundImage, type ImageFailure } from '../registry/images/find-image.js'
import type { PullRequest } from '../registry/ports/importer.js'
import type { Store } from '../registry/ports/store.js'
import type { PlannedImport } from '../registry/cache-rules/cache-rule.js'
import { repositoryArn } from '../registry/registry.js'

/** Whether whoever pulls may do this to the repository, too: what is not allowed is left out, not refused. */
export function may(
  request: PullRequest,
  action: AccessRequest['action'],
  { authorize }: { readonly authorize: Authorize },
): Promise<boolean> {
  const { principal, registry, repository, request: context } = request
  const resources = [repositoryArn(registry, repository)]
  return isAllowed(authorize, { principal, action, resources, registry, request: context })
}

/** The image a pull names, as it is here. */
export const find = (
  { registry, repository, imageId }: PullRequest,
  { store }: { readonly store: Store },
): Promise<FoundImage | ImageFailure> => findImage(store, registry, repository, imageId)

/** The plan that was recorded with the image, for the tag it was asked by. */
export const planOf = ({ registry, imageId }: PullRequest, { image }: Pick<FoundImage, 'image'>): PlannedImport => ({
  ...{ ...registry, repository: image.repository, digest: image.digest },
  ...(imageId.imageTag !== undefined && { tag: imageId.imageTag }),
  plannedAt: image.pushedAt,
})
