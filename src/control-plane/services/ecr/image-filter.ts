import type { Image } from '../../../registry/images/image.js'
import { imageStatus } from '../../../registry/images/storage-class.js'
import type { Input } from './operation.js'

type Filter = NonNullable<Input<'DescribeImages'>['filter'] | Input<'ListImages'>['filter']>

/** Whether an image passes a list's filter at this time. Without a filter only images that are ACTIVE do. */
export function passesFilter(image: Pick<Image, 'tags' | 'archive'>, now: Date, filter: Partial<Filter> = {}): boolean {
  const { tagStatus = 'ANY', imageStatus: status = 'ACTIVE' } = filter
  if (status !== 'ANY' && status !== imageStatus(image, now)) return false
  return tagStatus === 'ANY' || (tagStatus === 'TAGGED') === image.tags.length > 0
}
