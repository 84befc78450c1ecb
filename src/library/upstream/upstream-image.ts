import type { ImageOptions, Layer } from './image-options.js'
import { layerArchive, type LayerArchive } from './layer-archive.js'
import { descriptor, digestOf, json, type Manifest, manifestOf, mediaTypes, seededBytes } from './upstream-content.js'

/** A manifest that the upstream serves. */
export interface UpstreamArtifact {
  readonly repository: string
  readonly digest: string
  readonly mediaType: string
  /** The size of the manifest in bytes. */
  readonly size: number
}

/** An image that the upstream serves: an index, or a single image, which is then also the only one in `images`. */
export interface UpstreamImage extends UpstreamArtifact {
  readonly tag: string
  readonly images: readonly PlatformImage[]
}

/** The image for one platform. */
export interface PlatformImage {
  readonly platform: string
  readonly digest: string
  /** The digest of the configuration. */
  readonly config: string
  /** The digests of the layers, the lowest first. */
  readonly layers: readonly string[]
}

/** An artifact that refers to an image. */
export interface ReferrerOptions {
  /** For example `application/vnd.cyclonedx+json`. */
  readonly artifactType: string
  /** What the artifact holds; its type unless given. */
  readonly content?: string | Uint8Array
  readonly annotations?: Readonly<Record<string, string>>
}

/** An image with everything that it consists of. */
export interface MadeImage {
  readonly top: Manifest
  readonly manifests: readonly Manifest[]
  readonly blobs: readonly Buffer[]
  readonly images: readonly PlatformImage[]
}

const TYPES = {
  oci: {
    index: mediaTypes.ociIndex,
    manifest: mediaTypes.ociManifest,
    config: mediaTypes.ociConfig,
    layer: mediaTypes.ociLayer,
  },
  docker: {
    index: mediaTypes.dockerList,
    manifest: mediaTypes.dockerManifest,
    config: 'application/vnd.docker.container.image.v1+json',
    layer: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
  },
} as const

/** Makes an image that clients can pull and run. The repository is part of the content, so that digests differ. */
export function makeImage(repository: string, options: ImageOptions): MadeImage {
  const { platforms, format = 'oci', annotations } = options
  const noted = annotations && { annotations }
  const made = (platforms ?? ['linux/amd64']).map((platform) =>
    platformImage(repository, platform, options, platforms ? undefined : noted),
  )
  const manifests = made.map(({ manifest }) => manifest)
  const [only] = manifests
  const top = platforms || !only ? indexOf(made, TYPES[format].index, noted) : only
  return { top, manifests, blobs: made.flatMap(({ blobs }) => blobs), images: made.map(({ image }) => image) }
}

interface MadePlatformImage {
  readonly manifest: Manifest
  readonly blobs: readonly Buffer[]
  readonly image: PlatformImage
}

function indexOf(made: readonly MadePlatformImage[], mediaType: string, noted: object | undefined): Manifest {
  const manifests = made.map(({ manifest, image }) => ({
    ...descriptor(manifest.bytes, manifest.mediaType),
    platform: platformOf(image.platform),
  }))
  return manifestOf(json({ schemaVersion: 2, mediaType, manifests, ...noted }), mediaType)
}

function platformImage(
  repository: string,
  platform: string,
  options: ImageOptions,
  noted: object | undefined,
): MadePlatformImage {
  const { format = 'oci', version, config: given } = options
  const types = TYPES[format]
  const layers = layersOf(`${repository} ${platform}`, options)
  const labels = version !== undefined && { Labels: { 'org.opencontainers.image.version': version } }
  const config = json({
    created: '1970-01-01T00:00:00Z',
    ...platformOf(platform),
    config: { ...labels, ...given },
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
  })
  const bytes = json({
    schemaVersion: 2,
    mediaType: types.manifest,
    config: descriptor(config, types.config),
    layers: layers.map((layer) => descriptor(layer.bytes, types.layer)),
    ...noted,
  })
  const manifest = manifestOf(bytes, types.manifest)
  const digests = layers.map((layer) => digestOf(layer.bytes))
  return {
    manifest,
    blobs: [config, ...layers.map((layer) => layer.bytes)],
    image: { platform, digest: manifest.digest, config: digestOf(config), layers: digests },
  }
}

function platformOf(platform: string) {
  const [os, architecture, variant] = platform.split('/')
  return { os, architecture, ...(variant !== undefined && { variant }) }
}

function layersOf(seed: string, { layers = 2, layerBytes = 1024, version = '' }: ImageOptions): LayerArchive[] {
  const described = typeof layers === 'number' ? Array.from({ length: layers }, () => ({ bytes: layerBytes })) : layers
  return described.map(({ files, bytes = files ? 0 : layerBytes }: Layer, index) => {
    const isUppermost = index === described.length - 1
    const random = seededBytes(bytes, `${seed} ${index} ${isUppermost ? version : ''}`)
    return layerArchive({ ...(bytes > 0 && { [`layer-${index}`]: random }), ...files })
  })
}

/** Makes an artifact without a tag, which clients find through the list of an image's referrers. */
export function makeReferrer(
  { mediaType, digest, size }: UpstreamArtifact,
  { artifactType, content = artifactType, annotations }: ReferrerOptions,
): { readonly manifest: Manifest; readonly blobs: readonly Buffer[] } {
  const [empty, held] = [Buffer.from('{}'), Buffer.from(content)]
  const bytes = json({
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    artifactType,
    config: descriptor(empty, 'application/vnd.oci.empty.v1+json'),
    layers: [descriptor(held, artifactType)],
    subject: { mediaType, digest, size },
    ...(annotations && { annotations }),
  })
  return { manifest: manifestOf(bytes, mediaTypes.ociManifest), blobs: [empty, held] }
}
