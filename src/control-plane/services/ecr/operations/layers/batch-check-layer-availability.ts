import type { Layer, LayerFailure } from '@aws-sdk/client-ecr'
import { layerWithBytes } from '../../../../../registry/layers/layer-with-bytes.js'
import { readInRepository } from '../../../../../registry/repositories/require-repository.js'
import type { Context } from '../../../context.js'
import type { Operation } from '../../operation.js'
import { namedRepository } from '../../operation-resources.js'

const DIGEST_PATTERN = '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'
const DIGEST = new RegExp(`^${DIGEST_PATTERN}$`)

/**
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchCheckLayerAvailability.html
 *
 * @exact AVAILABLE with the size and media type, or UNAVAILABLE, for each digest; a failure with the documented code
 *   for a digest that is empty or malformed.
 * @inferred The failure reasons are our words; a layer that a pull through is still importing is UNAVAILABLE.
 */
export const batchCheckLayerAvailability: Operation<'BatchCheckLayerAvailability'> = {
  resources: namedRepository,

  async run({ repositoryName, layerDigests }, context) {
    const digests = layerDigests.filter((digest) => DIGEST.test(digest))
    const checking = () => Promise.all(digests.map((digest) => availability(digest, repositoryName, context)))
    const layers = await readInRepository(context.store, context.registry, repositoryName, checking)
    return { layers, failures: layerDigests.flatMap(failureOf) }
  },
}

function failureOf(layerDigest: string): LayerFailure[] {
  if (layerDigest === '') {
    const failureReason = 'Invalid request parameters: layer digest cannot be null'
    return [{ layerDigest, failureCode: 'MissingLayerDigest', failureReason }]
  }
  if (DIGEST.test(layerDigest)) return []
  const failureReason = `Invalid request parameters: layer digest should satisfy the regex '${DIGEST_PATTERN}'`
  return [{ layerDigest, failureCode: 'InvalidLayerDigest', failureReason }]
}

async function availability(layerDigest: string, repository: string, context: Context): Promise<Layer> {
  const layer = await layerWithBytes(context, context.registry, repository, layerDigest)
  if (!layer) return { layerDigest, layerAvailability: 'UNAVAILABLE' }
  const { size: layerSize, mediaType } = layer
  return { layerDigest, layerAvailability: 'AVAILABLE', layerSize, ...(mediaType && { mediaType }) }
}
