import type { Image } from '../../registry/images/image.js'
import type { Wait } from '../../registry/ports/importer.js'
import { keepManifest } from '../../registry/images/store-manifest.js'
import { keyOf } from '../../registry/ports/store.js'
import type { Registry } from '../../registry/registry.js'
import type { ImportDeps } from './manifest-import.js'
import { noRuleServes, requireEgress, sourceOf } from '../upstream-source.js'

/**
 * Fetches the manifest of a cached image again where its bytes are lost or damaged: by its digest, whatever its tag names
 * upstream by now. Throws UpstreamFailure where it cannot be had.
 */
export async function mendManifest(
  registry: Registry,
  { repository, digest }: Image,
  deps: ImportDeps & { readonly wait: Wait },
): Promise<void> {
  if (await deps.blobs.read(digest)) return
  const name = `mend ${keyOf(registry.account, registry.region, repository, digest)}`
  const mend = async () => {
    const source = await sourceOf(registry, repository, deps)
    if (!source) throw noRuleServes(repository)
    requireEgress(deps.settings)
    const { bytes } = await source.upstream.manifest(source.repository, digest)
    await keepManifest(deps.blobs, digest, bytes)
    deps.log.info({ ...registry, repository, digest }, 'a manifest was fetched again')
  }
  await deps.wait(() => deps.singleFlight.do(name, mend))
}
