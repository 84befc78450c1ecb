import { createCipheriv, createHash } from 'node:crypto'

export const mediaTypes = {
  ociIndex: 'application/vnd.oci.image.index.v1+json',
  ociManifest: 'application/vnd.oci.image.manifest.v1+json',
  ociConfig: 'application/vnd.oci.image.config.v1+json',
  ociLayer: 'application/vnd.oci.image.layer.v1.tar+gzip',
  dockerList: 'application/vnd.docker.distribution.manifest.list.v2+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
} as const

export interface Manifest {
  digest: string
  mediaType: string
  bytes: Buffer
}

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

/** The content of a registry; two servers may share it (`mirrorOf`). */
export interface Content {
  blobs: Map<string, Buffer>
  /** Maps `<repository> <digest>` to the manifest. */
  manifests: Map<string, Manifest>
  /** Maps `<repository> <tag>` to the digest. */
  tags: Map<string, string>
}

export const digestOf = (bytes: Uint8Array, algorithm: 'sha256' | 'sha512' = 'sha256') =>
  `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`

/** Incompressible bytes, generated at memory speed and equal for equal seeds. */
export function seededBytes(size: number, seed = 'ecr-local'): Buffer {
  const key = createHash('sha256').update(seed).digest()
  return createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(size))
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

export const manifestOf = (bytes: Buffer, mediaType: string): Manifest => ({
  digest: digestOf(bytes),
  mediaType,
  bytes,
})

const descriptor = (bytes: Buffer, mediaType: string) => ({ mediaType, digest: digestOf(bytes), size: bytes.length })
const json = (value: unknown) => Buffer.from(JSON.stringify(value, null, 2))
