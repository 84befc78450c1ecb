import { CreatePullThroughCacheRuleCommand } from '@aws-sdk/client-ecr'
import { request } from 'undici'
import type { EcrLocal } from '../../src/library/ecr-local.js'
import { digestOf, mediaTypes } from '../../src/library/upstream/upstream-content.js'

/** Makes the rule that serves names under `cached/` from an upstream host. */
export const createRule = (ecr: EcrLocal, upstreamRegistryUrl: string) =>
  ecr.client().send(
    new CreatePullThroughCacheRuleCommand({
      ecrRepositoryPrefix: 'cached',
      upstreamRegistryUrl,
      ...(/docker\.io$|ghcr/.test(upstreamRegistryUrl) && { credentialArn: ecr.upstream.credentialArn }),
    }),
  )

/** A client of the registry that is logged in, and pulls names under `cached/`. */
export async function pullerOf(ecr: EcrLocal) {
  const { username, password } = await ecr.login()
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
  const accept = Object.values(mediaTypes).join(', ')
  const get = async (path: string) => {
    const { statusCode, headers, body } = await request(`http://${ecr.registry}/v2/${path}`, {
      headers: { authorization, accept },
    })
    const bytes = Buffer.from(await body.arrayBuffer())
    return { status: statusCode, headers, bytes, digest: digestOf(bytes) }
  }
  return {
    get,
    /** The manifest under a tag or digest. */
    pull: (repository: string, reference: string) => get(`cached/${repository}/manifests/${reference}`),
    blob: (repository: string, digest: string) => get(`cached/${repository}/blobs/${digest}`),
  }
}
