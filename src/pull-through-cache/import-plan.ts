import type { ImportPlan } from '../registry/cache-rules/cache-rule.js'
import type { FoundImage } from '../registry/images/find-image.js'
import type { PullRequest } from '../registry/ports/importer.js'
import { keyOf } from '../registry/ports/store.js'
import type { Registry } from '../registry/registry.js'

/** The key of a planned import. An image has one plan, whichever tag or digest it was pulled by. */
export const planKey = ({ account, region, repository, digest }: Registry & { repository: string; digest: string }) =>
  keyOf(account, region, repository, digest)

/** The plan that was recorded when an image was imported, with the tag of the present request. */
export const planOf = (
  { registry, imageId: { imageTag: tag } }: PullRequest,
  { image }: Pick<FoundImage, 'image'>,
): ImportPlan => ({
  ...registry,
  repository: image.repository,
  digest: image.digest,
  ...(tag !== undefined && { tag }),
  plannedAt: image.pushedAt,
})
