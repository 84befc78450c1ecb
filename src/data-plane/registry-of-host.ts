import type { Registry } from '../registry/registry.js'

/**
 * A host in AWS's form, also FIPS and dual-stack: `111122223333.dkr.ecr.us-east-1.…`, whatever domain, final dot or
 * port follows. Host names are case-insensitive (RFC 9110 section 4.2.3).
 */
const ECR_HOST = /^(\d{12})\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]+)(?=[.:]|$)/i

/**
 * The registry that a request addresses: the one named by a host in AWS's form. For any other host (`localhost:4566`)
 * it is the token's registry, so that repository URIs work on machines that do not resolve `*.localhost`.
 */
export function registryOf(host: string | undefined, ofToken: Registry): Registry {
  return registryNamedBy(host) ?? ofToken
}

/** The Region of a host in AWS's form; undefined for any other host. */
export const regionOf = (host: string | undefined): string | undefined => registryNamedBy(host)?.region

function registryNamedBy(host = ''): Registry | undefined {
  const [, account, region] = ECR_HOST.exec(host) ?? []
  return account && region ? { account, region: region.toLowerCase() } : undefined
}
