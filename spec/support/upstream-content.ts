import {
  descriptor,
  digestOf,
  json,
  type Manifest,
  manifestOf,
  mediaTypes,
  seededBytes,
} from '../../src/library/upstream/upstream-content.js'

export { digestOf, type Manifest, manifestOf, mediaTypes, seededBytes }

/** The result of `addImage`: the manifest of an image and the digests that it lists. */
export interface AddedImage extends Manifest {
  platform: Platform
  config: string
  layers: string[]
}

/** The result of `addIndex`. */
export interface AddedIndex extends Manifest {
  images: AddedImage[]
}

export interface Platform {
  os: string
  architecture: string
  variant?: string
}

export interface ImageOptions {
  tag?: string
  /** The number of layers; the default is 2. */
  layers?: number
  /** The size of each layer in bytes; the default is 1024. */
  layerSize?: number
  /** The default is `linux/amd64`. */
  platform?: string
  /** A different seed yields a different image. */
  seed?: string
  /** Uses Docker schema 2 instead of OCI. */
  docker?: boolean
  /** Further members of the manifest, such as `artifactType`, `subject` and `annotations`. */
  extra?: Record<string, unknown>
}

/** Creates the parts of an image and its manifest without storing them. */
export function makeImage(options: ImageOptions): { image: AddedImage; blobs: Buffer[] } {
  const { layers: count = 2, layerSize = 1024, platform: name = 'linux/amd64', seed = 'image', docker, extra } = options
  const [os = '', architecture = '', variant] = name.split('/')
  const platform = { os, architecture, ...(variant && { variant }) }
  const layers = Array.from({ length: count }, (_, index) => seededBytes(layerSize, `${seed} ${name} layer ${index}`))
  const config = json({
    ...platform,
    seed,
    rootfs: { type: 'layers', diff_ids: layers.map((layer) => digestOf(layer)) },
  })
  const mediaType = docker ? mediaTypes.dockerManifest : mediaTypes.ociManifest
  const bytes = json({
    schemaVersion: 2,
    mediaType,
    config: descriptor(config, docker ? 'application/vnd.docker.container.image.v1+json' : mediaTypes.ociConfig),
    layers: layers.map((layer) =>
      descriptor(layer, docker ? 'application/vnd.docker.image.rootfs.diff.tar.gzip' : mediaTypes.ociLayer),
    ),
    ...extra,
  })
  const image = {
    ...manifestOf(bytes, mediaType),
    platform,
    config: digestOf(config),
    layers: layers.map((l) => digestOf(l)),
  }
  return { image, blobs: [config, ...layers] }
}

export function makeIndex(images: AddedImage[], docker = false): AddedIndex {
  const mediaType = docker ? mediaTypes.dockerList : mediaTypes.ociIndex
  const manifests = images.map(({ bytes, mediaType: type, platform }) => ({ ...descriptor(bytes, type), platform }))
  return { ...manifestOf(json({ schemaVersion: 2, mediaType, manifests }), mediaType), images }
}
