import { imageNotFound, invalidParameter } from '../../../registry/errors.js'
import { findImage, type ImageFailure, isFailure } from '../../../registry/find-image.js'
import type { Image, ImageId } from '../../../registry/image.js'
import { listEach } from '../../../registry/list-all.js'
import { keyOf } from '../../../registry/ports/store.js'
import { requireRepository } from '../../../registry/require-repository.js'
import type { Context, Input, Operation } from '../operation.js'
import { afterOf, limitOf, pageFrom, refuseTokenWith, tokenOf } from '../paging.js'
import { namedRepository } from '../resources.js'
import { describe } from './describe.js'
import { isSelected } from './is-selected.js'

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImages.html */
export const describeImages: Operation<'DescribeImages'> = {
  resources: namedRepository,

  async run(input, context) {
    const { repositoryName, imageIds } = input
    refuseTokenWith('imageIds', imageIds, input)
    await requireRepository(context.store, context.registry, repositoryName)
    const page = imageIds ? { items: await named(imageIds, repositoryName, context) } : await listed(input, context)
    return { imageDetails: await Promise.all(page.items.map((image) => describe(image, context))), ...tokenOf(page) }
  },
}

/** The images named, each once however it was named. */
async function named(imageIds: ImageId[], repository: string, context: Context): Promise<Image[]> {
  const images = await Promise.all(imageIds.map((imageId) => required(imageId, repository, context)))
  return [...new Map(images.map((image) => [image.digest, image])).values()]
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

function listed(input: Input<'DescribeImages'>, { store, registry }: Context) {
  const { repositoryName, filter } = input
  const limit = limitOf('DescribeImages', input)
  const from = { prefix: keyOf(repositoryName, ''), after: afterOf(input), firstPage: limit + 1 }
  return pageFrom(limit, async function* () {
    for await (const image of listEach(store.images, registry, from)) {
      if (isSelected(image, filter)) yield { key: keyOf(repositoryName, image.digest), item: image }
    }
  })
}
