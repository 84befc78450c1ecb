import { appendFile, readFile, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
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
    const path = join(directory.path, 'missing', 'events.ndjson')
    const [delivery] = await eventFileSink(path).deliver([pushEvent('a')], uninterrupted)
    expect(delivery).toEqual({ result: 'retry', reason: `ENOENT: no such file or directory, open '${path}'` })
  })
})
