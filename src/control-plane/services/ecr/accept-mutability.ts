import { invalidParameterAt } from '../../../registry/errors.js'
import type { Repository } from '../../../registry/repositories/repository.js'
import type { Input } from './operation.js'

type Mutability = Pick<Repository, 'imageTagMutability' | 'imageTagMutabilityExclusionFilters'>

/**
 * The mutability a caller asks for: exclusion filters come with the `_WITH_EXCLUSION` values and only with them.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html
 */
export function acceptMutability(
  input: Pick<Input<'CreateRepository'>, 'imageTagMutability' | 'imageTagMutabilityExclusionFilters'>,
): Mutability {
  const { imageTagMutability = 'MUTABLE', imageTagMutabilityExclusionFilters: filters } = input
  const wantsFilters = imageTagMutability.endsWith('_WITH_EXCLUSION')
  if (wantsFilters !== (filters !== undefined)) {
    const must = wantsFilters ? "can't be null" : 'must be null'
    const constraint = `ImageTagMutabilityExclusionFilters ${must} when imageTagMutability is set as ${imageTagMutability}`
    throw invalidParameterAt('imageTagMutabilityExclusionFilters', constraint)
  }
  return filters ? { imageTagMutability, imageTagMutabilityExclusionFilters: filters } : { imageTagMutability }
}
