import type { Image, ImageId } from '../../../registry/image.js'
import { listEach } from '../../../registry/list-all.js'
import { keyOf } from '../../../registry/ports/store.js'
import { requireRepository } from '../../../registry/require-repository.js'
import type { Context, Input, Operation } from '../operation.js'
import { afterOf, limitOf, pageFrom, tokenOf } from '../paging.js'
import { namedRepository } from '../resources.js'
import { isSelected } from './is-selected.js'

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ListImages.html */
export const listImages: Operation<'ListImages'> = {
  resources: namedRepository,

  async run(input, context) {
    await requireRepository(context.store, context.registry, input.repositoryName)
    const page = await listed(input, context)
    return { imageIds: page.items, ...tokenOf(page) }
  },
}

/** A page may end between two tags of one image: its token names the tag, and the next page begins with that image. */
function listed(input: Input<'ListImages'>, { store, registry }: Context) {
  const { repositoryName, filter } = input
  const prefix = keyOf(repositoryName, '')
  const after = afterOf(input)
  const [, digest = '', tag] = after?.split(' ') ?? []
  const limit = limitOf('ListImages', input)

  return pageFrom<ImageId>(limit, async function* () {
    const cut = tag === undefined ? undefined : await store.images.get(registry, keyOf(repositoryName, digest))
    if (cut && isSelected(cut, filter)) yield* entriesOf(cut, tag)
    for await (const image of listEach(store.images, registry, {
      prefix,
      after: after && keyOf(repositoryName, digest),
      firstPage: limit + 1,
    })) {
      if (isSelected(image, filter)) yield* entriesOf(image)
    }
  })
}

/** One entry for each tag after `afterTag`; an untagged image has one by its digest alone. */
function entriesOf({ repository, digest: imageDigest, tags }: Image, afterTag = '') {
  if (tags.length === 0) return [{ key: keyOf(repository, imageDigest), item: { imageDigest } }]
  return tags
    .filter((imageTag) => imageTag > afterTag)
    .map((imageTag) => ({ key: keyOf(repository, imageDigest, imageTag), item: { imageDigest, imageTag } }))
}
