import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openProgress } from '../../src/cli/progress-display.js'

/** A process whose standard error is a terminal of this width, or a file if there is none. */
function processWith({ columns, env = {} }: { columns?: number; env?: NodeJS.ProcessEnv } = {}) {
  const written: { stream: 'stdout' | 'stderr'; text: string }[] = []
  const stream = (name: 'stdout' | 'stderr') => ({
    isTTY: columns !== undefined,
    columns: columns ?? 0,
    write: (text: string | Uint8Array) => written.push({ stream: name, text: String(text) }) > 0,
  })
  const progress = openProgress({ env, stdout: stream('stdout'), stderr: stream('stderr') }, 20)
  onTestFinished(() => progress.end())
  const on = (name: string) => written.flatMap((write) => (write.stream === name ? [write.text] : []))
  return { progress, written, stdout: () => on('stdout'), stderr: () => on('stderr') }
}

const plain = { NO_COLOR: '1' }

describe('progress on a terminal', () => {
  it('Progress on a terminal is one line with a bar that changes, and is removed at the end', async () => {
    const { progress, stdout, stderr } = processWith({ columns: 100, env: plain })
    progress.report({ doing: 'Checking blobs', done: 1, total: 4, bytes: 2048 })
    await expect.poll(stderr).toHaveLength(1)
    progress.report({ doing: 'Checking blobs', done: 3, total: 4, bytes: 6144 })
    await expect.poll(() => stderr().at(-1)).toContain('3 of 4')
    progress.end()
    expect(stderr()[0]).toBe('\r[#####---------------] Checking blobs: 1 of 4, 2.0 KiB, 0 s\x1b[K')
    expect(stderr().at(-2)).toContain('[###############-----] Checking blobs: 3 of 4, 6.0 KiB, ')
    expect(stderr().at(-1)).toBe('\r\x1b[K')
    expect(stdout()).toEqual([])
  })

  it('Progress on a terminal makes room for results and log lines', async () => {
    const { progress, written, stderr } = processWith({ columns: 100, env: plain })
    progress.report({ doing: 'Expiring images' })
    await expect.poll(stderr).not.toEqual([])
    written.length = 0
    progress.write('Expired one\n')
    progress.note('a log line\n')
    expect(written).toEqual([
      { stream: 'stderr', text: '\r\x1b[K' },
      { stream: 'stdout', text: 'Expired one\n' },
      { stream: 'stderr', text: 'a log line\n' },
    ])
  })

  it.each([30, 70])('Progress on a terminal of %i columns is cut to its width', async (columns) => {
    const { progress, stderr } = processWith({ columns, env: plain })
    progress.report({ doing: `Importing ${'a'.repeat(100)}`, done: 1, total: 2 })
    await expect.poll(stderr).not.toEqual([])
    const line = stderr()[0]!.slice(1, -3)
    expect(line).toHaveLength(columns - 1)
    expect(line).toMatch(columns === 30 ? /^Importing a+…$/ : /^\[#{10}-{10}\] Importing a+…$/)
  })

  it('Progress on a terminal is coloured unless NO_COLOR is set', async () => {
    const { progress, stderr } = processWith({ columns: 100 })
    progress.report({ doing: 'Importing' })
    await expect.poll(stderr).not.toEqual([])
    expect(stderr()[0]).toContain('\x1b[2mImporting')
  })

  it('Progress says nothing of work that has not begun', async () => {
    const { stderr } = processWith({ columns: 100 })
    await sleep(400)
    expect(stderr()).toEqual([])
  })
})

describe('progress elsewhere', () => {
  it.each([{}, { columns: 100, env: { TERM: 'dumb' } }])(
    'Progress is plain lines where no line can be written again: %j',
    async (target) => {
      const { progress, stdout, stderr } = processWith(target)
      progress.report({ doing: 'Checking blobs', done: 12, bytes: 100 })
      await expect.poll(() => stderr().length).toBeGreaterThan(1)
      progress.write('result\n')
      progress.end()
      for (const line of stderr()) expect(line).toMatch(/^Checking blobs: 12, 100 bytes, \d+ s\n$/)
      expect(stdout()).toEqual(['result\n'])
    },
  )
})
