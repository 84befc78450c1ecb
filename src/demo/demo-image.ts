import { createCipheriv, createHash } from 'node:crypto'

/** What a registry serves: a manifest or a blob with its digest. */
export interface Content {
  readonly digest: string
  readonly mediaType: string
  readonly bytes: Buffer
}

/** A multi-architecture image with all its manifests and blobs. */
export interface DemoImage {
  readonly index: Content
  readonly manifests: readonly Content[]
  readonly blobs: readonly Content[]
}

const oci = (kind: string) => `application/vnd.oci.image.${kind}`
const MEBIBYTE = 1024 * 1024

/**
 * Creates an image for linux/amd64 and linux/arm64. Versions share their base layer, as rebuilt images do. Layers are
 * random bytes instead of archives: the demo shows how they are transferred and never unpacks them.
 */
export function demoImage(version: string): DemoImage {
  const platforms = ['amd64', 'arm64'].map((architecture) => platformImage(version, architecture))
  const index = json(oci('index.v1+json'), {
    schemaVersion: 2,
    mediaType: oci('index.v1+json'),
    manifests: platforms.map(({ manifest, architecture }) => ({
      ...descriptor(manifest),
      platform: { architecture, os: 'linux' },
    })),
  })
  return { index, manifests: platforms.map(({ manifest }) => manifest), blobs: platforms.flatMap(({ blobs }) => blobs) }
}

function platformImage(version: string, architecture: string) {
  const layers = [
    noise(6 * MEBIBYTE, `base ${architecture}`),
    noise(2 * MEBIBYTE, `application ${version} ${architecture}`),
    noise(MEBIBYTE / 4, `settings ${version} ${architecture}`),
  ]
  const config = json(oci('config.v1+json'), {
    architecture,
    os: 'linux',
    config: { Labels: { version } },
    rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => digest) },
  })
  const manifest = json(oci('manifest.v1+json'), {
    schemaVersion: 2,
    mediaType: oci('manifest.v1+json'),
    config: descriptor(config),
    layers: layers.map(descriptor),
  })
  return { architecture, manifest, blobs: [config, ...layers] }
}

/** The digest of bytes, as OCI writes it. */
export const digestOf = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

const content = (mediaType: string, bytes: Buffer): Content => ({ digest: digestOf(bytes), mediaType, bytes })
const json = (mediaType: string, value: object) => content(mediaType, Buffer.from(JSON.stringify(value)))
const descriptor = ({ mediaType, digest, bytes }: Content) => ({ mediaType, digest, size: bytes.length })

/** Bytes that do not compress and are the same for the same seed. */
function noise(size: number, seed: string): Content {
  const key = createHash('sha256').update(seed).digest()
  return content(
    oci('layer.v1.tar+gzip'),
    createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(size)),
  )
}
