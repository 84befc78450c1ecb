import { open, type FileHandle } from 'node:fs/promises'
import type { EventSink } from '../../registry/ports/event-sink.js'
import type { RecordedEvent } from '../../registry/events.js'

/** Events name repositories and callers, so the file belongs to the user that the planes run as. */
const OWN_FILE_MODE = 0o600

/**
 * Appends each event to a file as one line of JSON. The file is opened for each batch, so that it may be moved or
 * removed at any time; the next event begins a new one.
 */
export const eventFileSink = (path: string): EventSink => ({
  name: 'file',
  takes: () => true,
  async deliver(events) {
    try {
      await append(path, events)
      return events.map(() => ({ result: 'delivered' }))
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      return events.map(() => ({ result: 'retry', reason }))
    }
  },
  close: async () => {},
})

async function append(path: string, events: readonly RecordedEvent[]): Promise<void> {
  // "a+": reading the last byte needs permission to read.
  const file = await open(path, 'a+', OWN_FILE_MODE)
  try {
    const lines = events.map((event) => `${JSON.stringify(event)}\n`).join('')
    await file.appendFile((await endsWithinLine(file)) ? `\n${lines}` : lines)
    await file.datasync()
  } finally {
    await file.close()
  }
}

/** Whether the file ends with a part of a line, because a process was killed or the disk was full during a write. */
async function endsWithinLine(file: FileHandle): Promise<boolean> {
  const { size } = await file.stat()
  if (size === 0) return false
  const { buffer, bytesRead } = await file.read(Buffer.alloc(1), 0, 1, size - 1)
  return bytesRead === 1 && buffer[0] !== NEWLINE
}

const NEWLINE = 0x0a
