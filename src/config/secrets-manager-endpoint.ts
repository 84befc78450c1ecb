import { UsageError } from './usage-error.js'

/** The variable by which AWS's SDKs and tools are given the endpoint of Secrets Manager. */
const VARIABLE = 'AWS_ENDPOINT_URL_SECRETS_MANAGER'

/**
 * The endpoint of Secrets Manager in the environment; undefined if there is none, or an empty one. Throws UsageError.
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
 */
export function secretsManagerEndpoint(environment: NodeJS.ProcessEnv): string | undefined {
  const endpoint = environment[VARIABLE]
  if (!endpoint) return undefined
  if (/^https?:\/\/[^@\s]+$/.test(endpoint) && URL.canParse(endpoint)) return endpoint
  throw new UsageError(`${VARIABLE} must be an http:// or https:// address without a user`)
}
