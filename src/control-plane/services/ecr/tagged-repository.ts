import { invalidArn } from '../../../registry/errors.js'
import { type Registry, repositoryArn } from '../../../registry/registry.js'

/**
 * The name of the repository an ARN stands for; only repositories of the caller's registry can be tagged.
 * Throws InvalidParameterException.
 */
export function taggedRepository(resourceArn: string, registry: Registry): string {
  const prefix = repositoryArn(registry, '')
  const name = resourceArn.slice(prefix.length)
  if (!resourceArn.startsWith(prefix) || name === '') throw invalidArn()
  return name
}
