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

/** An image as `addImage` put it there: its manifest, and the digests of what the manifest lists. */
export interface AddedImage extends Manifest {
  platform: Platform
  config: string
  layers: string[]
}

/** An index as `addIndex` put it there. */
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
  /** How many layers, 2 unless said. */
  layers?: number
  /** Bytes of each layer, 1024 unless said. */
  layerSize?: number
  /** `linux/amd64` unless said. */
  platform?: string
  /** Another seed gives another image. */
  seed?: string
  /** Docker schema 2 rather than OCI. */
  docker?: boolean
  /** Further members of the manifest: `artifactType`, `subject`, `annotations`. */
  extra?: Record<string, unknown>
}

/** What a registry holds; two servers may share one (`mirrorOf`). */
export interface Content {
  blobs: Map<string, Buffer>
  /** `<repository> <digest>` → manifest. */
  manifests: Map<string, Manifest>
  /** `<repository> <tag>` → digest. */
  tags: Map<string, string>
}

export const digestOf = (bytes: Uint8Array, algorithm: 'sha256' | 'sha512' = 'sha256') =>
  `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`

/** The same bytes for the same seed, incompressible, at memory speed. */
export function seededBytes(size: number, seed = 'ecr-local'): Buffer {
  const key = createHash('sha256').update(seed).digest()
  return createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(size))
}

/** Makes the parts of an image and says what its manifest is; nothing is stored. */
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
