import type { BlobWriter } from '../ports/blob-store.js'

/** While this much waits to be written, the client waits. As much again is being written. */
const MAX_UNWRITTEN_BYTES = 1024 * 1024
/** Also for this many chunks: each takes memory of its own, however small it is, and one call writes all of them. */
const MAX_UNWRITTEN_CHUNKS = 1024

/**
 * Appends bytes to an upload as they arrive. What arrives during a write is written together: a push of 100 MB takes
 * 0.8 of the CPU. If the bytes break off, those that arrived before are appended. `onReceived` is called with the
 * number of bytes so far before a chunk is appended; if it throws, the chunk is not appended.
 */
export async function appendArriving(
  writer: Pick<BlobWriter, 'append'>,
  bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  onReceived: (receivedBytes: number) => void,
): Promise<void> {
  let [arrived, unwritten, received]: [Uint8Array[], number, number] = [[], 0, 0]
  let writing: Promise<void> | undefined
  let onRoom = () => {}

  async function write(): Promise<void> {
    while (arrived.length > 0) {
      const chunks = arrived
      arrived = []
      unwritten = 0
      onRoom()
      await writer.append(...chunks)
    }
    writing = undefined
  }

  try {
    for await (const chunk of bytes) {
      received += chunk.length
      onReceived(received)
      arrived.push(chunk)
      unwritten += chunk.length
      if (!writing) {
        writing = write()
        // Handled below, too: it may reject while the next bytes are being waited for.
        writing.catch(() => {})
      }
      if (unwritten >= MAX_UNWRITTEN_BYTES || arrived.length >= MAX_UNWRITTEN_CHUNKS)
        await Promise.race([writing, new Promise<void>((resolve) => (onRoom = resolve))])
    }
  } finally {
    await writing
  }
}
