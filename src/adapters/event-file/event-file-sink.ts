import { constants, statSync } from 'node:fs'
import { open, type FileHandle, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { RecordedEvent } from '../../registry/events.js'
import type { Delivery, EventSink } from '../../registry/ports/event-sink.js'

/** Events name repositories and callers, so the file belongs to the user that the planes run as. */
const OWN_FILE_MODE = 0o600

/**
 * Appends each event to a file as one line of JSON. The file is opened for each batch, so that it may be moved or
 * removed at any time; the next event begins a new one. It may also be a pipe or a terminal, such as `/dev/stdout`.
 * Throws an error of one line if there can be no such file.
 */
export function eventFileSink(path: string): EventSink {
  requirePossibleFile(path)
  let endsStreamWithinLine = false

  /** Writes to what is not a regular file, and counts the events that were written completely. */
  async function write(events: readonly RecordedEvent[], written: () => void): Promise<void> {
    const stream = await open(path, STREAM_FLAGS)
    try {
      for (const event of events) {
        const line = `${endsStreamWithinLine ? '\n' : ''}${lineOf(event)}`
        endsStreamWithinLine = true
        await stream.appendFile(line)
        endsStreamWithinLine = false
        written()
      }
    } finally {
      await stream.close()
    }
  }

  return {
    name: 'file',
    takes: () => true,
    async deliver(events) {
      let delivered = 0
      try {
        if (await isStream(path)) await write(events, () => delivered++)
        else await append(path, events)
        return events.map(() => DELIVERED)
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error)
        return events.map((_, index) => (index < delivered ? DELIVERED : { result: 'retry', reason }))
      }
    },
    close: async () => {},
  }
}

function requirePossibleFile(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory())
    throw new Error(`The file of events, ${path}, is a directory: name a file in it`)
  if (!statSync(dirname(path), { throwIfNoEntry: false })?.isDirectory())
    throw new Error(`The file of events cannot be ${path}: there is no directory ${dirname(path)}`)
}

const DELIVERED: Delivery = { result: 'delivered' }

const lineOf = (event: RecordedEvent) => `${JSON.stringify(event)}\n`

/**
 * A pipe without a reader, or with one that does not keep up, fails at once instead of holding a thread. To open a pipe
 * for reading as well would make this process its reader, and lose the events.
 */
const STREAM_FLAGS = constants.O_WRONLY | constants.O_APPEND | constants.O_NONBLOCK

/** Whether the path names something else than a file. A file that does not exist is created as one. */
async function isStream(path: string): Promise<boolean> {
  try {
    return !(await stat(path)).isFile()
  } catch {
    return false
  }
}

async function append(path: string, events: readonly RecordedEvent[]): Promise<void> {
  // "a+": reading the last byte needs permission to read.
  const file = await open(path, 'a+', OWN_FILE_MODE)
  try {
    const lines = events.map(lineOf).join('')
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
