import { areReferrersUnknown, isReferrersCheckDue } from '../../../../../registry/cache-rules/cache-rule.js'
import { unableToListUpstreamImageReferrers } from '../../../../../registry/cache-rules/cache-errors.js'
import { invalidParameter } from '../../../../../registry/errors.js'
import { invalidImageId } from '../../../../../registry/images/find-image.js'
import { hasReferrers, listReferrers } from '../../../../../registry/images/image-referrers.js'
import { keyOf } from '../../../../../registry/ports/store.js'
import { readInRepository } from '../../../../../registry/repositories/require-repository.js'
import type { Context } from '../../../context.js'
import { ruleServingRepository } from '../../named-rule.js'
import type { Input, Operation } from '../../operation.js'
import { namedRepository } from '../../operation-resources.js'
import { afterOf, limitOf, tokenOf } from '../../paging.js'

/**
 * The same list as `GET /v2/<name>/referrers/<digest>` of the registry: for a pulled-through image the referrers in its
 * upstream are imported first, at most once in six hours.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ListImageReferrers.html
 *
 * @exact Filters, pages, the six hours, and the permission BatchGetImage; for images of an upstream
 *   BatchImportUpstreamImage and CreateRepository, too.
 * @inferred UnableToListUpstreamImageReferrersException is the answer only if the upstream has never listed the
 *   referrers and none is stored; otherwise the stored ones are. The order is that of the digests.
 */
export const listImageReferrers: Operation<'ListImageReferrers'> = {
  resources: (input, registry) =>
    namedRepository(input, registry).map((resource) => ({ action: 'ecr:BatchGetImage', resource })),

  async run(input, context) {
    const { registry, store, now } = context
    const { repositoryName: repository, subjectId, filter } = input
    const { imageDigest: digest } = subjectId
    const invalid = invalidImageId({ imageDigest: digest })
    if (invalid) throw invalidParameter(invalid.failureReason)
    const after = afterOf(input)
    const query = {
      repository,
      digest,
      artifactTypes: filter?.artifactTypes ?? [],
      status: filter?.artifactStatus ?? 'ACTIVE',
      now,
      limit: limitOf('ListImageReferrers', input),
      after,
    }
    const list = () => readInRepository(store, registry, repository, () => listReferrers(context, registry, query))
    // Started at once, because most calls ask no upstream. A repository that is missing may be created by the refresh.
    const stored = list()
    stored.catch(() => {})
    // Only the first page imports, so that the pages of one list are consistent.
    const page = after === undefined && (await refresh(input, context)) ? await list() : await stored
    const referrers = page.referrers.map(({ descriptor, status }) => ({ ...descriptor, artifactStatus: status }))
    return { referrers, ...tokenOf({ next: page.last }) }
  },
}

/**
 * Lets the cache ask the upstream if a rule serves the name and a check is due, or was never answered. Returns whether
 * it did. Throws RepositoryNotFound and UnableToListUpstreamImageReferrers.
 */
async function refresh(input: Input<'ListImageReferrers'>, context: Context): Promise<boolean> {
  const { registry, store, now, settings, importer, principal, request, wait } = context
  const { repositoryName: repository, subjectId } = input
  const { imageDigest } = subjectId
  const [rule, image] = await Promise.all([
    ruleServingRepository(repository, context),
    store.images.get(registry, keyOf(repository, imageDigest)),
  ])
  if (!rule || (image && !isReferrersCheckDue(image, now, settings.checks) && !areReferrersUnknown(image))) return false
  const pull = { registry, repository, imageId: { imageDigest }, principal, request }
  const { failure } = await importer.refreshReferrers(pull, wait)
  if (failure === undefined || (await hasReferrers(store, registry, repository, imageDigest))) return true
  throw unableToListUpstreamImageReferrers()
}
