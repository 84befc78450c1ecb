import { layerArchive, type LayerArchive } from './layer-archive.js'
import { descriptor, digestOf, json, type Manifest, manifestOf, mediaTypes, seededBytes } from './upstream-content.js'

/** What an image of a test consists of. All of it has a default, and equal options make equal digests. */
export interface ImageOptions {
  /** Makes an index of one image for each of these, such as `linux/arm64/v8`; else one image for `linux/amd64`. */
  readonly platforms?: readonly string[]
  /** Distinguishes images: the uppermost layer and the label `org.opencontainers.image.version` depend on it. */
  readonly version?: string
  /** The layers, or how many there are; 2 unless given. */
  readonly layers?: number | readonly Layer[]
  /** The bytes that do not compress in each layer of which nothing else is said; 1024 unless given. */
  readonly layerBytes?: number
  /** Members of the configuration that containers are started with: `{ Cmd: ['/hello'], Env: ['A=1'] }`. */
  readonly config?: Readonly<Record<string, unknown>>
  /** Of the index, or of the image if there is no index. */
  readonly annotations?: Readonly<Record<string, string>>
  /** The media types: those of OCI unless given. Docker's have no annotations. */
  readonly format?: 'oci' | 'docker'
}

/** A layer of an image: a tar archive with these files. */
export interface Layer {
  /** Content by path: `{ 'etc/motd': 'hello' }`. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>
  /** How many bytes that do not compress it has in addition. */
  readonly bytes?: number
}

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
