import { mkdir, open, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Blobs } from '../../registry/ports/blob-store.js'
import type { ScanTarget } from '../../registry/ports/scanner.js'

/**
 * Writes an image to a directory as an OCI image layout, which scanners read; what was there before is removed. Returns
 * false if bytes of the image are missing.
 * https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md
 */
export async function writeImageLayout(
  directory: string,
  { image, contents }: ScanTarget,
  blobs: Pick<Blobs, 'size' | 'send'>,
  stopSignal: AbortSignal,
): Promise<boolean> {
  await rm(directory, { recursive: true, force: true })
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const { digest, mediaType, manifestSize: size } = image
  const digests = [digest, ...contents.blobs.map((descriptor) => descriptor.digest)]
  // An image whose last layer is still being pulled through is asked about every few seconds: nothing is copied then.
  for (const blob of digests) if ((await blobs.size(blob)) === undefined) return false
  for (const blob of digests) {
    stopSignal.throwIfAborted()
    if (!(await copyBlob(directory, blob, blobs))) return false
  }
  await writeFile(join(directory, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }))
  const index = { schemaVersion: 2, manifests: [{ mediaType, digest, size }] }
  await writeFile(join(directory, 'index.json'), JSON.stringify(index))
  return true
}

async function copyBlob(directory: string, digest: string, blobs: Pick<Blobs, 'size' | 'send'>): Promise<boolean> {
  const [algorithm = '', hex = ''] = digest.split(':')
  const folder = join(directory, 'blobs', algorithm)
  await mkdir(folder, { recursive: true })
  const size = await blobs.size(digest)
  if (size === undefined) return false
  const file = await open(join(folder, hex), 'w', 0o600)
  try {
    if (size === 0) return true
    return await blobs.send(digest, { start: 0, end: size - 1 }, async (chunk) => void (await file.writeFile(chunk)))
  } finally {
    await file.close()
  }
}
