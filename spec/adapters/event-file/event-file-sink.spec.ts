import { execFile } from 'node:child_process'
import { constants } from 'node:fs'
import { appendFile, mkdir, open, readFile, rename, rmdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { eventFileSink } from '../../../src/adapters/event-file/event-file-sink.js'
import { pullEvent, pushEvent } from '../../support/recorded-events.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'

const uninterrupted = new AbortController().signal
const linesOf = async (path: string) =>
  (await readFile(path, 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown)

describe('event file', () => {
  it('Each event is one line of JSON, after those that the file has, and pulls are among them', async () => {
    await using directory = await temporaryDirectory()
    const path = join(directory.path, 'events.ndjson')
    const sink = eventFileSink(path)

    expect(await sink.deliver([pushEvent('a'), pullEvent], uninterrupted)).toEqual([
      { result: 'delivered' },
      { result: 'delivered' },
    ])
    await eventFileSink(path).deliver([pushEvent('b')], uninterrupted)

    expect(sink.takes(pullEvent)).toBe(true)
    expect(await linesOf(path)).toEqual([pushEvent('a'), pullEvent, pushEvent('b')])
  })

  it('Only the user that the planes run as may read the file', async () => {
    await using directory = await temporaryDirectory()
    const path = join(directory.path, 'events.ndjson')
    await eventFileSink(path).deliver([pushEvent('a')], uninterrupted)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
  })

  it('After the file was moved the next event begins a new one', async () => {
    await using directory = await temporaryDirectory()
    const path = join(directory.path, 'events.ndjson')
    const sink = eventFileSink(path)
    await sink.deliver([pushEvent('a')], uninterrupted)
    await rename(path, `${path}.1`)
    await sink.deliver([pushEvent('b')], uninterrupted)

    expect(await linesOf(`${path}.1`)).toEqual([pushEvent('a')])
    expect(await linesOf(path)).toEqual([pushEvent('b')])
  })

  it('A part of a line that an interrupted write left does not spoil the next line', async () => {
    await using directory = await temporaryDirectory()
    const path = join(directory.path, 'events.ndjson')
    await appendFile(path, '{"version":"0","id":"interr')
    await eventFileSink(path).deliver([pushEvent('a')], uninterrupted)

    expect(await readFile(path, 'utf8')).toBe(`{"version":"0","id":"interr\n${JSON.stringify(pushEvent('a'))}\n`)
  })

  it('Events for a file that cannot be written are to be tried again, with the reason of the system', async () => {
    await using directory = await temporaryDirectory()
    const path = join(directory.path, 'removed', 'events.ndjson')
    await mkdir(dirname(path))
    const sink = eventFileSink(path)
    await rmdir(dirname(path))
    const [delivery] = await sink.deliver([pushEvent('a')], uninterrupted)
    expect(delivery).toEqual({ result: 'retry', reason: `ENOENT: no such file or directory, open '${path}'` })
  })

  it('A path at which there can be no file is refused from the start', async () => {
    await using directory = await temporaryDirectory()
    expect(() => eventFileSink(directory.path)).toThrow(
      `The file of events, ${directory.path}, is a directory: name a file in it`,
    )
    const path = join(directory.path, 'missing', 'events.ndjson')
    expect(() => eventFileSink(path)).toThrow(
      `The file of events cannot be ${path}: there is no directory ${dirname(path)}`,
    )
  })

  /** A named pipe, which is read by the other process. */
  async function namedPipe(directory: string) {
    const path = join(directory, 'events')
    await promisify(execFile)('mkfifo', [path])
    return path
  }

  it('A pipe gets each event once, as `/dev/stdout` may be one', async () => {
    await using directory = await temporaryDirectory()
    const path = await namedPipe(directory.path)
    const reader = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const results = await eventFileSink(path).deliver([pushEvent('a'), pushEvent('b')], uninterrupted)
    const { buffer, bytesRead } = await reader.read(Buffer.alloc(64 * 1024))
    await reader.close()

    expect(results).toEqual([{ result: 'delivered' }, { result: 'delivered' }])
    expect(buffer.subarray(0, bytesRead).toString()).toBe(
      `${JSON.stringify(pushEvent('a'))}\n${JSON.stringify(pushEvent('b'))}\n`,
    )
  })

  it('Events for a pipe that nothing reads wait, instead of being lost in it', async () => {
    await using directory = await temporaryDirectory()
    const path = await namedPipe(directory.path)
    expect(await eventFileSink(path).deliver([pushEvent('a')], uninterrupted)).toEqual([
      { result: 'retry', reason: `ENXIO: no such device or address, open '${path}'` },
    ])
  })

  it('Of the events for a pipe whose reader does not keep up, those that went into it are not sent again', async () => {
    await using directory = await temporaryDirectory()
    const path = await namedPipe(directory.path)
    const reader = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const sink = eventFileSink(path)
    const events = Array.from({ length: 1000 }, (_, index) => pushEvent(String(index)))
    const first = await sink.deliver(events, uninterrupted)
    const taken = first.filter(({ result }) => result === 'delivered').length
    const received = [await reader.read(Buffer.alloc(1024 * 1024))]
    const rest = await sink.deliver(events.slice(taken, taken + 10), uninterrupted)
    received.push(await reader.read(Buffer.alloc(1024 * 1024)))
    await reader.close()

    expect(taken).toBeGreaterThan(10)
    expect(taken).toBeLessThan(1000)
    expect(first[taken]).toEqual({ result: 'retry', reason: 'EAGAIN: resource temporarily unavailable, write' })
    expect(rest.every(({ result }) => result === 'delivered')).toBe(true)
    const lines = received.map(({ buffer, bytesRead }) => buffer.subarray(0, bytesRead).toString()).join('')
    const whole = lines.split('\n').filter((line) => line !== '')
    expect(
      whole
        .slice(0, taken)
        .concat(whole.slice(-10))
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual(events.slice(0, taken + 10))
  })
})
