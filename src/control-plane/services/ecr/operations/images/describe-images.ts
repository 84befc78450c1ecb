import { imageNotFound, invalidParameter } from '../../../../../registry/errors.js'
import { findImage, type ImageFailure, isFailure } from '../../../../../registry/images/find-image.js'
import type { Image, ImageId } from '../../../../../registry/images/image.js'
import { keyOf, type Page } from '../../../../../registry/ports/store.js'
import { inRepository } from '../../../../../registry/repositories/require-repository.js'
import { mapInBatches } from '../../../../../coordination/event-loop.js'
import type { Context } from '../../../context.js'
import type { Input, Operation } from '../../operation.js'
import { afterOf, limitOf, pageFrom, recordsFor, refuseTokenWith, tokenOf } from '../../paging.js'
import { namedRepository } from '../../operation-resources.js'
import { imageDetail } from '../../shapes/image-shapes.js'
import { passesFilter } from '../../image-filter.js'

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImages.html */
export const describeImages: Operation<'DescribeImages'> = {
  resources: namedRepository,

  async run(input, context) {
    const { repositoryName, imageIds } = input
    const { store, registry } = context
    refuseTokenWith('imageIds', imageIds, input)
    const page = await inRepository(store, registry, repositoryName, () =>
      imageIds ? named(imageIds, repositoryName, context) : listed(input, context),
    )
    return { imageDetails: await mapInBatches(page.items, (image) => imageDetail(image, context)), ...tokenOf(page) }
  },
}

/** The images named, each once however it was named. */
async function named(imageIds: ImageId[], repository: string, context: Context): Promise<Page<Image>> {
  const images = await Promise.all(imageIds.map((imageId) => required(imageId, repository, context)))
  return { items: [...new Map(images.map((image) => [image.digest, image])).values()] }
}

async function required(imageId: ImageId, repository: string, { store, registry }: Context): Promise<Image> {
  const found = await findImage(store, registry, repository, imageId)
  if (isFailure(found)) throw refusalOf(found, repository, registry.account)
  return found.image
}

/** There is no list of failures in this answer: one bad id refuses the whole call. */
function refusalOf({ failureCode, failureReason, imageId }: ImageFailure, repository: string, account: string) {
  const isAbsent = failureCode === 'ImageNotFound' || failureCode === 'ImageTagDoesNotMatchDigest'
  return isAbsent ? imageNotFound(imageId, repository, account) : invalidParameter(failureReason)
}

async function listed(input: Input<'DescribeImages'>, { store, registry }: Context): Promise<Page<Image>> {
  const { repositoryName, filter } = input
  const [limit, after] = [limitOf('DescribeImages', input), afterOf(input)]
  const { items, next } = await store.images.list(registry, {
    ...{ limit: recordsFor(limit, filter), prefix: keyOf(repositoryName, '') },
    ...(after !== undefined && { after }),
  })
  const selected = items.filter((image) => passesFilter(image, filter))
  const entries = selected.map((image) => ({ key: keyOf(repositoryName, image.digest), item: image }))
  return pageFrom(limit, entries, next)
}
