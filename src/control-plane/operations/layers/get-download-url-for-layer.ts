import { downloadUrl } from '../../../access/download-url.js'
import { layerInaccessible, layersNotFoundInRepository } from '../../../registry/errors.js'
import { keyOf } from '../../../registry/ports/store.js'
import { registryHost } from '../../../registry/registry.js'
import { requireRepository } from '../../../registry/require-repository.js'
import type { Operation } from '../operation.js'
import { namedRepository } from '../resources.js'

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetDownloadUrlForLayer.html */
export const getDownloadUrlForLayer: Operation<'GetDownloadUrlForLayer'> = {
  resources: namedRepository,

  async run({ repositoryName: repository, layerDigest: digest }, { registry, store, settings, now }) {
    await requireRepository(store, registry, repository)
    if (!(await store.layers.get(registry, keyOf(repository, digest)))) throw layersNotFoundInRepository()
    const images = await store.references.list(registry, { limit: 1, prefix: keyOf(repository, digest, 'layer', '') })
    if (images.items.length === 0) throw layerInaccessible()

    const origin = `http://${registryHost(settings.registryHost, registry)}`
    return {
      downloadUrl: downloadUrl(origin, { registry, repository, digest }, now, settings.secret),
      layerDigest: digest,
    }
  },
}
