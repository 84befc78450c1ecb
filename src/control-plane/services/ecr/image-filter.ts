import type { Image } from '../../../registry/images/image.js'
import type { Input } from './operation.js'

type Filter = NonNullable<Input<'DescribeImages'>['filter'] | Input<'ListImages'>['filter']>

/**
 * Whether an image passes a list's filter. Every image is ACTIVE, since none can be archived; ACTIVE is also the
 * default.
 */
export function passesFilter({ tags }: Pick<Image, 'tags'>, filter: Partial<Filter> = {}): boolean {
  const { tagStatus = 'ANY', imageStatus = 'ACTIVE' } = filter
  if (imageStatus !== 'ACTIVE' && imageStatus !== 'ANY') return false
  return tagStatus === 'ANY' || (tagStatus === 'TAGGED') === tags.length > 0
}
