import type { Image } from '../../../../registry/images/image.js'
import type { Input } from '../operation.js'

type Filter = NonNullable<Input<'DescribeImages'>['filter'] | Input<'ListImages'>['filter']>

/**
 * Whether a list's filter wants this image. Every image is ACTIVE as long as none can be archived, and ACTIVE is what
 * is shown to those who do not ask.
 */
export function isSelected({ tags }: Pick<Image, 'tags'>, filter: Partial<Filter> = {}): boolean {
  const { tagStatus = 'ANY', imageStatus = 'ACTIVE' } = filter
  if (imageStatus !== 'ACTIVE' && imageStatus !== 'ANY') return false
  return tagStatus === 'ANY' || (tagStatus === 'TAGGED') === tags.length > 0
}
