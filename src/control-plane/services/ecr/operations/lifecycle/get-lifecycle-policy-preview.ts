import type { LifecyclePolicyPreviewResult } from '@aws-sdk/client-ecr'
import { findImage, isImageFailure } from '../../../../../registry/images/find-image.js'
import type { ImageId } from '../../../../../registry/images/image.js'
import { lifecyclePolicyPreviewNotFound } from '../../../../../registry/lifecycle/lifecycle-errors.js'
import {
  type LifecyclePreview,
  type LifecyclePreviewResult,
  previewStatus,
} from '../../../../../registry/lifecycle/lifecycle-preview.js'
import { keyOf, type Page } from '../../../../../registry/ports/store.js'
import { readInRepository } from '../../../../../registry/repositories/require-repository.js'
import type { Context } from '../../../context.js'
import type { Input, Operation } from '../../operation.js'
import { afterOf, limitOf, pageFrom, recordsFor, refusePagingWith, tokenOf } from '../../paging.js'
import { namedRepository } from '../../operation-resources.js'

/**
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetLifecyclePolicyPreview.html
 *
 * @exact States, summary, paging, the filter by tag status, named images; paging excludes named images.
 * @inferred A preview can be read for 24 hours and is then EXPIRED, without results; the summary always counts all
 * images, whatever is filtered; named images on which no rule acts are left out; artifacts that would follow their
 * subject are not listed.
 */
export const getLifecyclePolicyPreview: Operation<'GetLifecyclePolicyPreview'> = {
  resources: namedRepository,

  async run(input, context) {
    const { repositoryName, imageIds } = input
    const { store, registry, now } = context
    refusePagingWith('imageIds', imageIds, input)
    const reading = () => store.lifecyclePreviews.get(registry, repositoryName)
    const preview = await readInRepository(store, registry, repositoryName, reading)
    if (!preview) throw lifecyclePolicyPreviewNotFound()
    const status = previewStatus(preview, now)
    const common = { registryId: registry.account, repositoryName, lifecyclePolicyText: preview.text, status }
    if (status !== 'COMPLETE') return common
    const passes = (result: LifecyclePreviewResult) => isIn(preview, result, input)
    const page = imageIds
      ? await namedResults(imageIds, passes, input, context)
      : await resultPage(passes, input, context)
    return { ...common, previewResults: page.items.map(resultShape), summary: summaryOf(preview), ...tokenOf(page) }
  },
}

type PreviewInput = Input<'GetLifecyclePolicyPreview'>
type Predicate = (result: LifecyclePreviewResult) => boolean
type ResultPage = Promise<Page<LifecyclePreviewResult>>

async function resultPage(passes: Predicate, input: PreviewInput, { store, registry }: Context): ResultPage {
  const { repositoryName, filter } = input
  const [limit, after] = [limitOf('GetLifecyclePolicyPreview', input), afterOf(input)]
  const { items, next } = await store.lifecyclePreviewResults.list(registry, {
    limit: recordsFor(limit, filter),
    prefix: keyOf(repositoryName, ''),
    ...(after !== undefined && { after }),
  })
  const entries = items.filter(passes).map((item) => ({ key: keyOf(repositoryName, item.digest), item }))
  return pageFrom(limit, entries, next)
}

/** The results for these images, each once. */
async function namedResults(
  imageIds: ImageId[],
  passes: Predicate,
  { repositoryName }: PreviewInput,
  { store, registry }: Context,
): ResultPage {
  const images = await Promise.all(imageIds.map((imageId) => findImage(store, registry, repositoryName, imageId)))
  const digests = images.flatMap((found) => (isImageFailure(found) ? [] : [found.image.digest]))
  const results = await Promise.all(
    [...new Set(digests)].map(async (digest) =>
      store.lifecyclePreviewResults.get(registry, keyOf(repositoryName, digest)),
    ),
  )
  return { items: results.filter((result) => result !== undefined).filter(passes) }
}

/** Whether a result is one of this preview, and passes the filter. */
function isIn({ id }: LifecyclePreview, { preview, tags }: LifecyclePreviewResult, { filter }: PreviewInput): boolean {
  const { tagStatus = 'ANY' } = filter ?? {}
  if (preview !== id) return false
  return tagStatus === 'ANY' || (tagStatus === 'TAGGED') === tags.length > 0
}

const resultShape = (result: LifecyclePreviewResult): LifecyclePolicyPreviewResult => ({
  imageTags: [...result.tags],
  imageDigest: result.digest,
  imagePushedAt: new Date(result.pushedAt),
  action: result.action === 'expire' ? { type: 'EXPIRE' } : { type: 'TRANSITION', targetStorageClass: 'ARCHIVE' },
  appliedRulePriority: result.rulePriority,
  storageClass: result.storageClass,
})

const summaryOf = ({ expiring, archiving }: LifecyclePreview) => ({
  expiringImageTotalCount: expiring,
  ...(archiving > 0 && {
    transitioningImageTotalCounts: [{ targetStorageClass: 'ARCHIVE' as const, imageTotalCount: archiving }],
  }),
})
