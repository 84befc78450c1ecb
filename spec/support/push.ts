import {
  BatchCheckLayerAvailabilityCommand,
  CompleteLayerUploadCommand,
  CreateRepositoryCommand,
  type ECRClient,
  InitiateLayerUploadCommand,
  PutImageCommand,
  UploadLayerPartCommand,
} from '@aws-sdk/client-ecr'
import { createHash } from 'node:crypto'
import { mediaTypes } from '../../src/registry/images/manifest.js'

/** The result of a push: the digest and the text of the manifest. */
export interface Pushed {
  digest: string
  manifest: string
}

export const sha256 = (content: string | Uint8Array) => `sha256:${createHash('sha256').update(content).digest('hex')}`

/** Creates a repository with default settings. */
export const createRepository = (ecr: ECRClient, repositoryName = 'team/app') =>
  ecr.send(new CreateRepositoryCommand({ repositoryName }))

/** Pushes a layer as clients of the API do: only if it is missing. */
export async function pushLayer(ecr: ECRClient, repositoryName: string, content: string | Uint8Array) {
  const bytes = Buffer.from(content)
  const digest = sha256(bytes)
  const check = new BatchCheckLayerAvailabilityCommand({ repositoryName, layerDigests: [digest] })
  const { layers = [] } = await ecr.send(check)
  if (layers[0]?.layerAvailability !== 'AVAILABLE') {
    const { uploadId } = await ecr.send(new InitiateLayerUploadCommand({ repositoryName }))
    const part = { partFirstByte: 0, partLastByte: bytes.length - 1, layerPartBlob: bytes }
    await ecr.send(new UploadLayerPartCommand({ repositoryName, uploadId, ...part }))
    await ecr.send(new CompleteLayerUploadCommand({ repositoryName, uploadId, layerDigests: [digest] }))
  }
  return { digest, size: bytes.length }
}

/** The text of an image manifest that lists these blobs. */
export const imageManifest = (
  config: { digest: string; size: number },
  layers: { digest: string; size: number }[],
  rest: object = {},
) =>
  JSON.stringify({
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...config },
    layers: layers.map((layer) => ({ mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', ...layer })),
    ...rest,
  })

/** Pushes an image of one layer; `rest` is added to its manifest. */
export async function pushImage(
  ecr: ECRClient,
  repositoryName: string,
  { imageTag, layer = 'a layer', rest = {} }: { imageTag?: string; layer?: string; rest?: object } = {},
): Promise<Pushed> {
  const config = await pushLayer(ecr, repositoryName, '{}')
  const manifest = imageManifest(config, [await pushLayer(ecr, repositoryName, layer)], rest)
  await ecr.send(new PutImageCommand({ repositoryName, imageManifest: manifest, imageTag }))
  return { digest: sha256(manifest), manifest }
}

/** An image that an index lists, possibly for a platform. */
export interface PushedFor extends Pushed {
  platform?: { os: string; architecture: string }
}

/** Pushes an index that lists these images. */
export async function pushIndex(ecr: ECRClient, repositoryName: string, members: PushedFor[], imageTag?: string) {
  const manifests = members.map(({ digest, manifest, platform }) => ({
    mediaType: mediaTypes.ociManifest,
    digest,
    size: manifest.length,
    ...(platform && { platform }),
  }))
  const manifest = JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests })
  await ecr.send(new PutImageCommand({ repositoryName, imageManifest: manifest, imageTag }))
  return { digest: sha256(manifest), manifest }
}
