const PATTERN = '[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*)*'
const NAME = new RegExp(`^${PATTERN}$`)
const MIN_LENGTH = 2
const MAX_LENGTH = 256

/**
 * What is wrong with a repository name, in the words of ECR's own check; undefined for a good one. For requests that
 * carry the name in a path and so pass no model: no other text may become a key, an ARN or a question to an upstream.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html
 */
export function brokenNameConstraint(name: string): string | undefined {
  if (name.length < MIN_LENGTH) return `must have length greater than or equal to ${MIN_LENGTH}`
  if (name.length > MAX_LENGTH) return `must have length less than or equal to ${MAX_LENGTH}`
  return NAME.test(name) ? undefined : `must satisfy regular expression '${PATTERN}'`
}
