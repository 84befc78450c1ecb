import type { Image } from '../../registry/images/image.js'
import { storeManifest } from '../../registry/images/store-manifest.js'
import type { Wait } from '../../registry/ports/importer.js'
import { keyOf } from '../../registry/ports/store.js'
import type { Registry } from '../../registry/registry.js'
import type { Telemetry } from '../telemetry.js'
import type { ImportDeps } from './manifest-import.js'

/**
 * Fetches the manifest of a cached image again if its bytes are lost or damaged: by digest, because its tag may have
 * moved in the upstream. Throws UpstreamFailure if the upstream does not send it, and what `wait` throws.
 */
export async function repairManifest(
  registry: Registry,
  { repository, digest }: Image,
  wait: Wait,
  { storage, sources, singleFlight }: ImportDeps,
  { log }: Telemetry,
): Promise<void> {
  if (await storage.blobs.read(digest)) return
  const repair = async () => {
    const source = await sources.requireUpstream(registry, repository)
    sources.requireRoute(source)
    const { bytes } = await source.upstream.manifest(source.repository, digest)
    await storeManifest(storage.blobs, digest, bytes)
    log.info({ ...registry, repository, digest }, 'a lost or damaged manifest was fetched again')
  }
  const key = keyOf(registry.account, registry.region, repository, digest)
  await wait(() => singleFlight.do(`repair ${key}`, repair))
}
