import type { Registry } from '../registry/registry.js'
import { isSigned, signText } from './signed-text.js'

/** The layer a download URL opens. */
export interface LayerGrant {
  readonly registry: Registry
  readonly repository: string
  readonly digest: string
}

/** How long a layer URL is good for, by the emulator's clock. */
export const DOWNLOAD_URL_LIFETIME_MS = 60 * 60 * 1000

/** Where layer URLs point on the data plane. */
export const DOWNLOAD_PATH = '/_layers'

/**
 * The URL GetDownloadUrlForLayer answers: whoever holds it may fetch this one layer until it expires, as with the
 * presigned S3 URLs of the service. The control plane signs, the data plane checks.
 */
export function downloadUrl(origin: string, grant: LayerGrant, now: Date, secret: string): string {
  const expiresAt = String(now.getTime() + DOWNLOAD_URL_LIFETIME_MS)
  const { registry, repository, digest } = grant
  const query = new URLSearchParams({
    account: registry.account,
    region: registry.region,
    repository,
    digest,
    expiresAt,
  })
  query.set('signature', signText('layer', canonical(grant, expiresAt), secret))
  return `${origin}${DOWNLOAD_PATH}?${query.toString()}`
}

/** Of a genuine URL; one with more, or with one of them twice, was tampered with. */
const PARAMETERS = 6

/** The layer a URL's query opens; undefined when it was tampered with or has expired. */
export function readDownloadUrl(query: URLSearchParams, now: Date, secret: string): LayerGrant | undefined {
  if (query.size !== PARAMETERS) return undefined
  const part = (name: string) => query.get(name) ?? ''
  const grant = {
    registry: { account: part('account'), region: part('region') },
    repository: part('repository'),
    digest: part('digest'),
  }
  const expiresAt = part('expiresAt')
  if (!isSigned('layer', canonical(grant, expiresAt), part('signature'), secret)) return undefined
  return Number(expiresAt) > now.getTime() ? grant : undefined
}

const canonical = ({ registry, repository, digest }: LayerGrant, expiresAt: string) =>
  [registry.account, registry.region, repository, digest, expiresAt].join(' ')
