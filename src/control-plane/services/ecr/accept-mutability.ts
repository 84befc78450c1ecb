import { invalidParameterAt } from '../../../registry/errors.js'
import type { Repository } from '../../../registry/repositories/repository.js'
import type { Input } from './operation.js'

type Mutability = Pick<Repository, 'imageTagMutability' | 'imageTagMutabilityExclusionFilters'>

/**
 * The tag mutability that a call sets: exclusion filters are required with the `_WITH_EXCLUSION` values and not allowed
 * otherwise. Throws InvalidParameterException.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html
 */
export function acceptMutability(
  input: Pick<Input<'CreateRepository'>, 'imageTagMutability' | 'imageTagMutabilityExclusionFilters'>,
): Mutability {
  const { imageTagMutability = 'MUTABLE', imageTagMutabilityExclusionFilters: filters } = input
  const needsFilters = imageTagMutability.endsWith('_WITH_EXCLUSION')
  if (needsFilters !== (filters !== undefined)) {
    const must = needsFilters ? "can't be null" : 'must be null'
    const constraint = `ImageTagMutabilityExclusionFilters ${must} when imageTagMutability is set as ${imageTagMutability}`
    throw invalidParameterAt('imageTagMutabilityExclusionFilters', constraint)
  }
  return filters ? { imageTagMutability, imageTagMutabilityExclusionFilters: filters } : { imageTagMutability }
}
