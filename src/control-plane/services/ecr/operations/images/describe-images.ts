import type { Image, ImageId } from '../../../../../registry/images/image.js'
import { keyOf, type Page } from '../../../../../registry/ports/store.js'
import { readInRepository } from '../../../../../registry/repositories/require-repository.js'
import { mapInBatches } from '../../../../../coordination/event-loop.js'
import type { Context } from '../../../context.js'
import type { Input, Operation } from '../../operation.js'
import { afterOf, limitOf, pageFrom, recordsFor, refusePagingWith, tokenOf } from '../../paging.js'
import { namedImage } from '../../named-image.js'
import { namedRepository } from '../../operation-resources.js'
import { imageDetail } from '../../shapes/image-shapes.js'
import { enhancedScans } from '../../shapes/scan-shapes.js'
import { passesFilter } from '../../image-filter.js'

/**
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImages.html
 *
 * @exact Filters, pages, the members of an image, and the message for an image that does not exist.
 * @inferred One id that is not found refuses the call; each image is shown once; a page with a filter may be short;
 *   the size of an index is that of its largest image imported so far; lastRecordedPullTime is written at most once a
 *   minute.
 */
export const describeImages: Operation<'DescribeImages'> = {
  resources: namedRepository,

  async run(input, context) {
    const { repositoryName, imageIds } = input
    const { store, registry } = context
    refusePagingWith('imageIds', imageIds, input)
    const [page, scanOf] = await readInRepository(store, registry, repositoryName, () =>
      Promise.all([
        imageIds ? imagesById(imageIds, repositoryName, context) : imagePage(input, context),
        enhancedScans(repositoryName, context),
      ]),
    )
    const detailOf = async (image: Image) => ({ ...(await imageDetail(image, context)), ...(await scanOf(image)) })
    return { imageDetails: await mapInBatches(page.items, detailOf), ...tokenOf(page) }
  },
}

/** The images of these ids, each once. If one is not found, the whole call is refused. */
async function imagesById(imageIds: ImageId[], repository: string, context: Context): Promise<Page<Image>> {
  const images = await Promise.all(imageIds.map((imageId) => namedImage(imageId, repository, context)))
  return { items: [...new Map(images.map((image) => [image.digest, image])).values()] }
}

async function imagePage(input: Input<'DescribeImages'>, { store, registry, now }: Context): Promise<Page<Image>> {
  const { repositoryName, filter } = input
  const [limit, after] = [limitOf('DescribeImages', input), afterOf(input)]
  const { items, next } = await store.images.list(registry, {
    limit: recordsFor(limit, filter),
    prefix: keyOf(repositoryName, ''),
    ...(after !== undefined && { after }),
  })
  const selected = items.filter((image) => passesFilter(image, now, filter))
  const entries = selected.map((image) => ({ key: keyOf(repositoryName, image.digest), item: image }))
  return pageFrom(limit, entries, next)
}
