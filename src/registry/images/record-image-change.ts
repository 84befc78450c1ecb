import { createHash } from 'node:crypto'
import { keyOf, type Records } from '../ports/store.js'
import type { Registry } from '../registry.js'
import type { ImageChange } from './image-change.js'
import type { Image } from './image.js'

/**
 * The key of a change: in the order of time, and the same if a transaction is run again. Pushes of one millisecond are
 * different changes if their tags are; there may be more of these than fit into a key.
 */
export const imageChangeKey = ({ at, repository, digest, action, tags, targetStorageClass }: ImageChange) =>
  keyOf(String(at).padStart(15, '0'), repository, digest, action, targetStorageClass ?? nameOf(tags))

const nameOf = (tags: readonly string[]): string =>
  tags.length > 1 ? createHash('sha256').update(tags.join(' ')).digest('hex') : (tags[0] ?? '')

/** Records a change of an image within the transaction that makes it. */
export const recordImageChange = (
  { imageChanges }: Pick<Records, 'imageChanges'>,
  registry: Registry,
  image: Pick<Image, 'repository' | 'digest' | 'mediaType' | 'artifactType' | 'subject'>,
  change: Pick<ImageChange, 'action' | 'tags' | 'at' | 'cause' | 'targetStorageClass' | 'activatedAt'>,
): Promise<void> => {
  const { repository, digest, mediaType, artifactType, subject } = image
  const record: ImageChange = {
    ...change,
    repository,
    digest,
    mediaType,
    ...(artifactType !== undefined && { artifactType }),
    ...(subject !== undefined && { subject }),
  }
  return imageChanges.put(registry, imageChangeKey(record), record)
}
