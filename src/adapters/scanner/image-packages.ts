import { createTarDecoder, type ParsedTarEntry } from 'modern-tar'
import type { Descriptor } from '../../registry/images/image.js'
import type { Blobs } from '../../registry/ports/blob-store.js'
import type { ScanTarget } from '../../registry/ports/scanner.js'
import type { InstalledPackages } from '../../registry/scanning/findings-file.js'
import { packageReader } from './package-databases.js'

type LayerBlobs = Pick<Blobs, 'size' | 'send'>

/** A larger database of packages is not read. */
const MAX_DATABASE_BYTES = 64 * 1024 * 1024

/**
 * The packages that dpkg and apk have installed in an image, read from its layers. Layers that are not tar archives, or
 * compressed with anything but gzip, have none. Returns undefined if the bytes of a layer are missing.
 */
export async function installedPackages(
  { contents }: Pick<ScanTarget, 'contents'>,
  blobs: LayerBlobs,
  stopSignal: AbortSignal,
): Promise<InstalledPackages | undefined> {
  const databases = new Map<string, string>()
  for (const layer of contents.blobs.filter(({ mediaType }) => /tar([.+]gzip)?$/.test(mediaType))) {
    stopSignal.throwIfAborted()
    const size = await blobs.size(layer.digest)
    if (size === undefined) return undefined
    if (size > 0) await readLayer(layer, size, blobs, (path, text) => applyFile(databases, path, text))
  }
  const packages = [...databases].flatMap(([path, text]) => packageReader(path)?.(text) ?? [])
  return new Map(packages)
}

/** A file of a layer replaces that of the layers below it; a whiteout removes it. */
function applyFile(databases: Map<string, string>, path: string, text: string | undefined): void {
  if (text === undefined) databases.delete(path)
  else databases.set(path, text)
}

/** Passes the databases in a layer to `apply`, and the paths that the layer removes without a text. */
async function readLayer(
  { digest, mediaType }: Descriptor,
  size: number,
  blobs: LayerBlobs,
  apply: (path: string, text: string | undefined) => void,
): Promise<void> {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
  const sending = sendLayer(digest, size, blobs, writable.getWriter())
  const tar = mediaType.endsWith('gzip') ? readable.pipeThrough(new DecompressionStream('gzip')) : readable
  try {
    for await (const entry of tar.pipeThrough(createTarDecoder())) await readEntry(entry, apply)
  } catch {
    // Either the layer is not a tar archive, or reading it failed: then `sending` has the reason.
  }
  const failure = await sending
  if (failure) throw failure
}

/** Sends the bytes of a layer to a decoder. Resolves with an error of the storage, but not with one of the decoder. */
async function sendLayer(
  digest: string,
  size: number,
  blobs: LayerBlobs,
  writer: WritableStreamDefaultWriter<Uint8Array>,
): Promise<Error | undefined> {
  let hasDecoderFailed = false
  const take = async (chunk: Uint8Array) => {
    try {
      await writer.write(Uint8Array.from(chunk))
    } catch (error) {
      hasDecoderFailed = true
      throw error
    }
  }
  try {
    await blobs.send(digest, { start: 0, end: size - 1 }, take)
  } catch (error) {
    await writer.abort(error).catch(() => undefined)
    return !hasDecoderFailed && error instanceof Error ? error : undefined
  }
  // Only the decoder can still fail.
  await writer.close().catch(() => undefined)
  return undefined
}

async function readEntry(
  { header, body }: ParsedTarEntry,
  apply: (path: string, text: string | undefined) => void,
): Promise<void> {
  const path = header.name.replace(/^(\.?\/)+/, '')
  if (path.includes(WHITEOUT)) apply(path.replace(WHITEOUT, '/'), undefined)
  if (header.type !== 'file' || header.size > MAX_DATABASE_BYTES || !packageReader(path)) return body.cancel()
  apply(path, await new Response(body).text())
}

/**
 * Before the name of a file that a layer removes.
 * https://github.com/opencontainers/image-spec/blob/v1.1.1/layer.md#whiteouts
 */
const WHITEOUT = '/.wh.'
