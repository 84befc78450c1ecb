import { clockAdvanceClaim } from '../../../../../access/clock-advance.js'
import { downloadUrl } from '../../../../../access/download-url.js'
import { layerInaccessible, layerNotFound } from '../../../../../registry/layers/layer-errors.js'
import type { Layer } from '../../../../../registry/images/image.js'
import { keyOf, type Store } from '../../../../../registry/ports/store.js'
import { hostOfRegistry } from '../../../../../registry/registry-address.js'
import type { Registry } from '../../../../../registry/registry.js'
import { readInRepository } from '../../../../../registry/repositories/require-repository.js'
import type { Operation } from '../../operation.js'
import { namedRepository } from '../../operation-resources.js'

/**
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetDownloadUrlForLayer.html
 *
 * @exact A URL that is valid for an hour, for layers that belong to an image; the captured message for a layer that
 *   does not exist.
 * @inferred The message for a layer that no image refers to is the reference's.
 * @notModelled The URL is that of this registry, not of S3, unless blobs lie in S3 and are redirected.
 */
export const getDownloadUrlForLayer: Operation<'GetDownloadUrlForLayer'> = {
  resources: namedRepository,

  async run(
    { repositoryName: repository, layerDigest: digest },
    { registry, registryAddress, store, settings, now, clock },
  ) {
    const reading = () => store.layers.get(registry, keyOf(repository, digest))
    const layer = await readInRepository(store, registry, repository, reading)
    if (!layer) throw layerNotFound(digest, repository, registry.account)
    if (!layer.isInImage && !(await wasInImage(store, registry, layer))) throw layerInaccessible()

    const origin = `${registryAddress.scheme}://${hostOfRegistry(registryAddress, registry)}`
    const grant = { registry, repository, digest, ...clockAdvanceClaim(now, clock.wall()) }
    return {
      downloadUrl: downloadUrl(origin, grant, now, settings.secret),
      layerDigest: digest,
    }
  },
}

/** State of the first version has a reference for each image with the layer instead of a mark in the layer's record. */
async function wasInImage({ references }: Store, registry: Registry, { repository, digest }: Layer): Promise<boolean> {
  const { items } = await references.list(registry, { limit: 1, prefix: keyOf(repository, digest, 'layer', '') })
  return items.length > 0
}
