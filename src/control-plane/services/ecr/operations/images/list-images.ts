import type { Image, ImageId } from '../../../../../registry/images/image.js'
import { keyOf } from '../../../../../registry/ports/store.js'
import { readInRepository } from '../../../../../registry/repositories/require-repository.js'
import type { Context } from '../../../context.js'
import type { Input, Operation } from '../../operation.js'
import { afterOf, limitOf, pageFrom, recordsFor, tokenOf } from '../../paging.js'
import { namedRepository } from '../../operation-resources.js'
import { passesFilter } from '../../image-filter.js'

/**
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ListImages.html
 *
 * @exact An id for each tag and each untagged image, filters, pages.
 * @inferred The order is that of the digests and, within an image, of its tags; a page with a filter may be short and
 *   still have a nextToken.
 */
export const listImages: Operation<'ListImages'> = {
  resources: namedRepository,

  async run(input, context) {
    const { store, registry } = context
    const page = await readInRepository(store, registry, input.repositoryName, () => imageIdPage(input, context))
    return { imageIds: page.items, ...tokenOf(page) }
  },
}

/**
 * A page may end between two tags of an image. Then its token contains the tag, and the next page begins with the same
 * image.
 */
async function imageIdPage(input: Input<'ListImages'>, { store, registry, now }: Context) {
  const { repositoryName, filter } = input
  const [limit, after] = [limitOf('ListImages', input), afterOf(input)]
  const [, digest = '', tag] = after?.split(' ') ?? []

  const [cut, { items, next }] = await Promise.all([
    tag === undefined ? undefined : store.images.get(registry, keyOf(repositoryName, digest)),
    store.images.list(registry, {
      limit: recordsFor(limit, filter),
      prefix: keyOf(repositoryName, ''),
      ...(after !== undefined && { after: keyOf(repositoryName, digest) }),
    }),
  ])
  const rest = cut && passesFilter(cut, now, filter) ? entriesOf(cut, tag) : []
  const matchingImages = items.filter((image) => passesFilter(image, now, filter))
  return pageFrom<ImageId>(limit, [...rest, ...matchingImages.flatMap((image) => entriesOf(image))], next)
}

/** One entry for each tag after `afterTag`; an untagged image has one entry without a tag. */
function entriesOf({ repository, digest: imageDigest, tags }: Image, afterTag = '') {
  if (tags.length === 0) return [{ key: keyOf(repository, imageDigest), item: { imageDigest } }]
  return tags
    .filter((imageTag) => imageTag > afterTag)
    .map((imageTag) => ({ key: keyOf(repository, imageDigest, imageTag), item: { imageDigest, imageTag } }))
}
