import { mediaTypes } from './manifest.js'

/** Media types of Docker schema 2 and of OCI that mean the same. */
const EQUIVALENTS: readonly (readonly [docker: string, oci: string])[] = [
  [mediaTypes.dockerManifest, mediaTypes.ociManifest],
  ['application/vnd.docker.container.image.v1+json', 'application/vnd.oci.image.config.v1+json'],
  ['application/vnd.docker.image.rootfs.diff.tar', 'application/vnd.oci.image.layer.v1.tar'],
  ['application/vnd.docker.image.rootfs.diff.tar.gzip', 'application/vnd.oci.image.layer.v1.tar+gzip'],
  [
    'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
    'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip',
  ],
]

const TO_OCI: ReadonlyMap<string, string> = new Map(EQUIVALENTS)
const TO_DOCKER: ReadonlyMap<string, string> = new Map(EQUIVALENTS.map(([docker, oci]) => [oci, docker]))

/**
 * The media type to which the service converts the manifest of an image that is pulled by its tag, if the client
 * accepts that one and not the stored one: between Docker schema 2 and OCI, and not for indexes. Undefined if there is
 * no such type. The service's conversion to schema 1 is not modelled.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-manifest-formats.html
 */
export function conversionFor(storedType: string, acceptedTypes: readonly string[]): string | undefined {
  const { dockerManifest, ociManifest } = mediaTypes
  if (storedType === dockerManifest && acceptedTypes.includes(ociManifest)) return ociManifest
  return storedType === ociManifest && acceptedTypes.includes(dockerManifest) ? dockerManifest : undefined
}

/** The members of a manifest that both formats have. */
interface ImageManifest {
  readonly schemaVersion: number
  readonly config: { readonly mediaType: string }
  readonly layers: readonly { readonly mediaType: string }[]
}

/**
 * A stored manifest in the other format, to which `conversionFor` says that it is converted. Undefined if its config or
 * a layer has a type that the other format does not have: an artifact that is no image, or a layer of zstd.
 */
export function convertedManifest(text: string, mediaType: string): string | undefined {
  const { schemaVersion, config, layers } = JSON.parse(text) as ImageManifest
  const types = mediaType === mediaTypes.ociManifest ? TO_OCI : TO_DOCKER
  const convert = <D extends { readonly mediaType: string }>(descriptor: D) => ({
    ...descriptor,
    mediaType: types.get(descriptor.mediaType),
  })
  const converted = { schemaVersion, mediaType, config: convert(config), layers: layers.map(convert) }
  const isComplete = [converted.config, ...converted.layers].every((descriptor) => descriptor.mediaType !== undefined)
  return isComplete ? JSON.stringify(converted) : undefined
}
