import { createTarDecoder, type ParsedTarEntry } from 'modern-tar'
import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import { NO_ARCHIVE } from './archive-manifest.js'
import { TransferRefused } from './transfer-refused.js'

/** An entry of an archive. Its body is read before the next entry. */
export interface ArchiveEntry {
  readonly name: string
  readonly size: number
  readonly body: AsyncIterable<Uint8Array>
}

/** The entries of a tar archive, as they arrive. Throws TransferRefused if it is damaged or ends within an entry. */
export async function* archiveEntries(input: Readable): AsyncGenerator<ArchiveEntry, void> {
  const tar = Readable.toWeb(input) as ReadableStream<Uint8Array> as unknown as globalThis.ReadableStream<Uint8Array>
  let count = 0
  const entries = tar.pipeThrough(createTarDecoder({ strict: true }))[Symbol.asyncIterator]()
  try {
    for (;;) {
      const next = await orDamaged(entries.next(), count)
      if (next.done === true) return
      count++
      yield entryOf(next.value)
    }
  } finally {
    await entries.return?.().catch(() => {})
  }
}

const entryOf = ({ header, body }: ParsedTarEntry): ArchiveEntry => ({
  name: header.name,
  size: header.size,
  body: chunksOf(body),
})

async function* chunksOf(body: ParsedTarEntry['body']): AsyncGenerator<Uint8Array, void> {
  const reader = body.getReader()
  for (;;) {
    const { done, value } = await orDamaged(reader.read(), 1)
    if (done) return
    yield value
  }
}

/** The whole body of a small entry. */
export async function textOf({ name, size, body }: ArchiveEntry, atMost: number): Promise<Buffer> {
  if (size > atMost) throw new TransferRefused(`The archive is damaged: ${name} has ${size} bytes`)
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks)
}

async function orDamaged<T>(reading: Promise<T>, entriesBefore: number): Promise<T> {
  try {
    return await reading
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall !== undefined) throw error
    const reason = error instanceof Error ? error.message.replace(/\.$/, '') : String(error)
    throw new TransferRefused(
      entriesBefore === 0 ? NO_ARCHIVE : `The archive is damaged or was cut short (${reason}): nothing was imported`,
      { cause: error },
    )
  }
}
