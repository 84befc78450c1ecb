import type { FairSemaphore } from '../../coordination/fair-semaphore.js'
import type { Upstream } from '../../registry/ports/upstream.js'
import type { Authenticator } from './authentication.js'
import { type RegistryRequest, registryClient, type UpstreamTarget } from './registry-client.js'
import { openBlob } from './upstream-blobs.js'
import { contentDigest, fetchManifest, manifestRequest } from './upstream-manifests.js'
import { listReferrers } from './upstream-referrers.js'
import { discard, responseFailure } from './upstream-responses.js'

/** The permits at one registry, shared by all accounts. Small requests do not wait behind large blobs. */
export type UpstreamSemaphores = Readonly<Record<'requests' | 'blobs' | 'smallBlobs', FairSemaphore>>

/** The account that sends the requests, its login, and the permits that it shares with other accounts. */
export interface RegistryUser {
  readonly account: string
  readonly login: Authenticator
  readonly semaphores: UpstreamSemaphores
}

/**
 * The pulling half of the OCI Distribution API of one registry, for one account with one set of credentials.
 * https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#pull
 */
export function registryApi(target: UpstreamTarget, { account, login, semaphores }: RegistryUser): Upstream {
  const { host, limits } = target
  const send = registryClient(target, login, ({ repository = '', deadline }) =>
    semaphores.requests.acquire([account, repository], deadline.signal),
  )
  const manifest: Upstream['manifest'] = (repository, reference) =>
    fetchManifest({ host, send }, repository, reference, limits.answerMs)
  return {
    manifest,
    resolve: (repository, tag) => {
      const request = manifestRequest('HEAD', repository, tag, limits.resolveMs)
      return send(request, (response) => {
        if (response.status === 405) return undefined
        if (response.status !== 200) throw responseFailure(host, request.subject, response)
        return contentDigest(response) ?? undefined
      })
    },
    blob: (repository, digest, from = 0, size = Infinity) => {
      const request = blobRequest('GET', repository, digest, limits.answerMs)
      const semaphore = size <= limits.smallBlobBytes ? semaphores.smallBlobs : semaphores.blobs
      return openBlob({ host, send, acquirePermit: () => semaphore.acquire([account, repository]) }, request, from)
    },
    hasBlob: (repository, digest) => {
      const request = blobRequest('HEAD', repository, digest, limits.resolveMs)
      return send(request, (response) => {
        if (response.status === 404) return false
        if (response.status >= 300) throw responseFailure(host, request.subject, response)
        return true
      })
    },
    referrers: (repository, digest, limit) =>
      listReferrers({ host, send, manifest, timeoutMs: limits.resolveMs }, { repository, digest, limit }),
    ping: () =>
      send({ method: 'GET', path: '', subject: 'its API', timeoutMs: limits.resolveMs }, (response) => {
        if (response.status !== 200) throw responseFailure(host, 'its API', response)
        discard(response.body)
      }),
  }
}

const blobRequest = (
  method: RegistryRequest['method'],
  repository: string,
  digest: string,
  timeoutMs: number,
): RegistryRequest => ({
  method,
  path: `${repository}/blobs/${digest}`,
  subject: `${repository}@${digest}`,
  repository,
  headers: { 'accept-encoding': 'identity' },
  timeoutMs,
})
