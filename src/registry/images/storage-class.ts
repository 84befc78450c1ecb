import type { Image } from './image.js'

/** The status of an image as the API names it. An image that is ACTIVATING is being restored from the archive. */
export type ImageStatus = 'ACTIVE' | 'ARCHIVED' | 'ACTIVATING'

/**
 * The status of an image. It is computed from the stored times, so a restored image becomes ACTIVE by the passing of
 * time alone.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageDetail.html
 */
export function imageStatus({ archive }: Pick<Image, 'archive'>, now: Date): ImageStatus {
  if (!archive) return 'ACTIVE'
  if (archive.activeFrom === undefined) return 'ARCHIVED'
  return now.getTime() < archive.activeFrom ? 'ACTIVATING' : 'ACTIVE'
}

/** When a restored image became ACTIVE, in epoch milliseconds; undefined if it was never restored, or is not yet. */
export const lastActivatedAt = (image: Pick<Image, 'archive'>, now: Date): number | undefined =>
  imageStatus(image, now) === 'ACTIVE' ? image.archive?.activeFrom : image.archive?.previouslyActiveFrom

/** The image after it was archived at this time. */
export const archived = (image: Image, at: number): Image => {
  const { activeFrom } = image.archive ?? {}
  return {
    ...image,
    archive: { archivedAt: at, ...(activeFrom !== undefined && { previouslyActiveFrom: activeFrom }) },
  }
}

/** The archived image after a request to restore it; it is ACTIVE from `activeFrom`, in epoch milliseconds. */
export const restored = (image: Image, activeFrom: number): Image =>
  image.archive ? { ...image, archive: { ...image.archive, activeFrom } } : image
