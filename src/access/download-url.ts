import type { Registry } from '../registry/registry.js'
import { isBeforeReset, type ClockAdvanceClaim } from './clock-advance.js'
import { isSigned, signText } from './signed-text.js'

/** The layer that a download URL grants access to. */
export interface LayerGrant extends ClockAdvanceClaim {
  readonly registry: Registry
  readonly repository: string
  readonly digest: string
}

/** The lifetime of a layer URL, by the emulator's clock. */
export const DOWNLOAD_URL_LIFETIME_MS = 60 * 60 * 1000

/** The path of layer URLs on the data plane. */
export const DOWNLOAD_PATH = '/_layers'

/**
 * The URL that GetDownloadUrlForLayer returns. Like the presigned S3 URLs of the service it grants its holder one layer
 * until it expires. The control plane signs it, the data plane verifies it.
 */
export function downloadUrl(origin: string, grant: LayerGrant, now: Date, secret: string): string {
  const expiresAt = String(now.getTime() + DOWNLOAD_URL_LIFETIME_MS)
  const { registry, repository, digest, clockAdvancedBy } = grant
  const query = new URLSearchParams({
    account: registry.account,
    region: registry.region,
    repository,
    digest,
    expiresAt,
    ...(clockAdvancedBy !== undefined && { clockAdvancedBy: String(clockAdvancedBy) }),
  })
  query.set('signature', signText('layer', canonical(grant, expiresAt), secret))
  return `${origin}${DOWNLOAD_PATH}?${query.toString()}`
}

/** The number of parameters of a genuine URL. One with more, or with one repeated, was tampered with. */
const PARAMETERS = 6

/**
 * The layer that the query of a URL grants; undefined if it was tampered with, has expired or precedes a reset of the
 * clock.
 */
export function readDownloadUrl(
  query: URLSearchParams,
  { now, wall }: { readonly now: Date; readonly wall: Date },
  secret: string,
): LayerGrant | undefined {
  const advanced = query.get('clockAdvancedBy')
  if (query.size !== PARAMETERS + (advanced === null ? 0 : 1)) return undefined
  const part = (name: string) => query.get(name) ?? ''
  const grant: LayerGrant = {
    registry: { account: part('account'), region: part('region') },
    repository: part('repository'),
    digest: part('digest'),
    ...(advanced !== null && { clockAdvancedBy: Number(advanced) }),
  }
  const expiresAt = part('expiresAt')
  if (!isSigned('layer', canonical(grant, expiresAt), part('signature'), secret)) return undefined
  return Number(expiresAt) > now.getTime() && !isBeforeReset(grant, now, wall) ? grant : undefined
}

const canonical = ({ registry, repository, digest, clockAdvancedBy = 0 }: LayerGrant, expiresAt: string) =>
  [registry.account, registry.region, repository, digest, expiresAt, clockAdvancedBy].join(' ')
