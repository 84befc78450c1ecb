import type { Registry } from '../registry.js'

/** The host of a private registry of ECR, taken apart. */
export interface EcrHost extends Registry {
  /** `amazonaws.com` in most Regions. */
  readonly domain: string
  readonly isDualStack: boolean
}

/**
 * Registries in all partitions, also at dual-stack endpoints. https://docs.aws.amazon.com/general/latest/gr/ecr.html
 */
const IPV4 = /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.(amazonaws\.com(?:\.cn)?|amazonaws\.eu)$/
const DUAL_STACK = /^(\d{12})\.dkr-ecr\.([a-z0-9-]+)\.on\.(aws|amazonwebservices\.com\.cn)$/

/** The account, Region and domain in a host name; undefined for other hosts. */
export function ecrHost(host: string): EcrHost | undefined {
  const isDualStack = DUAL_STACK.test(host)
  const [, account, region, domain] = (isDualStack ? DUAL_STACK : IPV4).exec(host) ?? []
  return account && region && domain ? { account, region, domain, isDualStack } : undefined
}

/**
 * The endpoint of a service in the Region of a registry, of the same kind as the registry's own.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-requests.html
 */
export function apiEndpoint(service: 'ecr' | 'sts', { region, domain, isDualStack }: EcrHost): string {
  if (isDualStack) return `https://${service}.${region}.api.${domain}`
  return `https://${service === 'ecr' ? 'api.ecr' : service}.${region}.${domain}`
}
