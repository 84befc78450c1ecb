import { createCipheriv, createHash } from 'node:crypto'

/** The media types that registries and clients tell apart. */
export const mediaTypes = {
  ociIndex: 'application/vnd.oci.image.index.v1+json',
  ociManifest: 'application/vnd.oci.image.manifest.v1+json',
  ociConfig: 'application/vnd.oci.image.config.v1+json',
  ociLayer: 'application/vnd.oci.image.layer.v1.tar+gzip',
  dockerList: 'application/vnd.docker.distribution.manifest.list.v2+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
} as const

/** The bytes of a manifest, and what they are called. */
export interface Manifest {
  readonly digest: string
  readonly mediaType: string
  readonly bytes: Buffer
}

/** The content of a registry. */
export interface Content {
  /** By digest. */
  readonly blobs: Map<string, Buffer>
  /** By `<repository> <digest>`. */
  readonly manifests: Map<string, Manifest>
  /** Maps `<repository> <tag>` to the digest. */
  readonly tags: Map<string, string>
}

/** A registry without images. */
export const noContent = (): Content => ({ blobs: new Map(), manifests: new Map(), tags: new Map() })

/** The digest of bytes, as OCI writes it. */
export const digestOf = (bytes: Uint8Array, algorithm: 'sha256' | 'sha512' = 'sha256'): string =>
  `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`

/** Bytes that do not compress, generated at memory speed and equal for equal seeds. */
export function seededBytes(size: number, seed = 'ecr-local'): Buffer {
  const key = createHash('sha256').update(seed).digest()
  return createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(size))
}

/** A manifest with exactly these bytes. */
export const manifestOf = (bytes: Buffer, mediaType: string): Manifest => ({
  digest: digestOf(bytes),
  mediaType,
  bytes,
})

/** How manifests refer to bytes. */
export const descriptor = (bytes: Buffer, mediaType: string) => ({
  mediaType,
  digest: digestOf(bytes),
  size: bytes.length,
})

/** The bytes of a JSON document, indented as build tools write them. */
export const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value, null, 2))
