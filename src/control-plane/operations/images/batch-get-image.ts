import {
  findImage,
  type FoundImage,
  type ImageFailure,
  imageNotFoundFailure,
  isFailure,
} from '../../../registry/find-image.js'
import type { ImageId } from '../../../registry/image.js'
import { listAll } from '../../../registry/list-all.js'
import { ruleServing } from '../../../registry/pull-through.js'
import { recordPull } from '../../../registry/record-pull.js'
import { requireRepository } from '../../../registry/require-repository.js'
import type { Context, Operation } from '../operation.js'
import { namedRepository } from '../resources.js'
import { batchAnswer } from './batch-answer.js'

/**
 * A pull like any other: it is recorded, and where a cache rule serves the name it brings what is not cached.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchGetImage.html
 */
export const batchGetImage: Operation<'BatchGetImage'> = {
  resources: namedRepository,

  async run({ repositoryName, imageIds, acceptedMediaTypes }, context) {
    const { registry, now } = context
    const find = await finderFor(repositoryName, context)
    const pull = async (imageId: ImageId) => {
      const found = await find(imageId)
      if (isFailure(found)) return found
      if (acceptedMediaTypes && !acceptedMediaTypes.includes(found.image.mediaType))
        return imageNotFoundFailure(imageId)
      await recordPull(context, registry, found.image, now)
      return found
    }
    return batchAnswer(imageIds, pull, context)
  },
}

type Find = (imageId: ImageId) => Promise<FoundImage | ImageFailure>

async function finderFor(
  repository: string,
  { registry, store, importer, principal, request }: Context,
): Promise<Find> {
  const rule = ruleServing(repository, await listAll(store.rules, registry))
  if (rule) return (imageId) => importer.pull({ registry, repository, imageId, principal, request })
  await requireRepository(store, registry, repository)
  return (imageId) => findImage(store, registry, repository, imageId)
}
