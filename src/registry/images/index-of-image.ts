import type { Image } from './image.js'
import { keyOf, type Records } from '../ports/store.js'
import type { Registry } from '../registry.js'

/** References to an image that are read together. */
const REFERENCES_PER_PAGE = 20

/**
 * The digest of an index that lists the image and for which `counts` is true: it protects the image from deletion and
 * from the archive. References may be left of an index that was just deleted: these are ignored.
 */
export async function indexOfImage(
  records: Pick<Records, 'images' | 'references'>,
  registry: Registry,
  { repository, digest }: Pick<Image, 'repository' | 'digest'>,
  counts: (index: Image) => boolean = () => true,
): Promise<string | undefined> {
  const prefix = keyOf(repository, digest, 'member', '')
  for (let after: string | undefined; ;) {
    const page = { limit: REFERENCES_PER_PAGE, prefix, ...(after !== undefined && { after }) }
    const { items, next } = await records.references.list(registry, page)
    const indexes = await Promise.all(
      items.map(async ({ from }) => records.images.get(registry, keyOf(repository, from))),
    )
    const index = indexes.find((image) => image !== undefined && counts(image))
    if (index || next === undefined) return index?.digest
    after = next
  }
}
