import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { lmdbKeyValue } from '../../../src/adapters/lmdb/key-value.js'
import { bundled } from '../../support/bundled.js'

const registry = { account: '123456789012', region: 'eu-west-1' }

/** The adapter bundled into one file, for use in separate processes. */
const built = await bundled('src/adapters/lmdb/key-value.ts')

describe('LMDB', () => {
  let path: string
  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), 'ecr-local-lmdb-'))
  })
  afterEach(() => rm(path, { recursive: true }))

  const write = (key: string, value: string) => ({ collection: 'settings', key, value })
  const at = (key: string) => ({ registry, collection: 'settings', key })

  /** Runs `script` in another process with the same adapter; it can use `keyValue`, `registry` and `write`. */
  async function process(script: string) {
    const prelude = `import { lmdbKeyValue } from '${built}'
      const registry = ${JSON.stringify(registry)}
      const write = (key, value) => ({ collection: 'settings', key, value })
      const keyValue = lmdbKeyValue(${JSON.stringify({ path })})`
    const child = spawn('node', ['--input-type=module', '-e', `${prelude}\n${script}`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    return { child, exited: once(child, 'exit'), lines: createInterface({ input: child.stdout }) }
  }

  it('LMDB keeps its records when it is closed and opened again', async () => {
    const first = lmdbKeyValue({ path })
    await first.commit(registry, [], [write('a', 'x')])
    await first.close()
    const second = lmdbKeyValue({ path })
    expect(await second.get(at('a'))).toBe('x')
    await second.close()
  })

  it('LMDB keeps every acknowledged commit when its process is killed', async () => {
    const { child, exited, lines } = await process(`
      for (let at = 0; ; at++) {
        await keyValue.commit(registry, [], [write('k' + at, 'v' + at)])
        console.log(at)
      }`)
    const acknowledged: string[] = []
    for await (const line of lines) {
      acknowledged.push(line)
      if (acknowledged.length === 50) child.kill('SIGKILL')
    }
    await exited
    const keyValue = lmdbKeyValue({ path })
    const values = await Promise.all(acknowledged.map(async (each) => keyValue.get(at(`k${each}`))))
    expect(acknowledged.length).toBeGreaterThanOrEqual(50)
    expect(values).toEqual(acknowledged.map((each) => `v${each}`))
    await keyValue.close()
  })

  it('Two processes that share an LMDB directory lose no update', async () => {
    const counting = `
      for (let done = 0; done < 100; ) {
        const value = await keyValue.get({ registry, collection: 'settings', key: 'count' })
        const expected = [{ collection: 'settings', key: 'count', value }]
        if (await keyValue.commit(registry, expected, [write('count', String(Number(value ?? 0) + 1))])) done++
      }
      await keyValue.close()`
    const children = await Promise.all([process(counting), process(counting)])
    expect(await Promise.all(children.map(({ exited }) => exited))).toEqual([
      [0, null],
      [0, null],
    ])
    const keyValue = lmdbKeyValue({ path })
    expect(await keyValue.get(at('count'))).toBe('200')
    await keyValue.close()
  })

  it('An LMDB file grows with its contents, even while another process has it open', async () => {
    const reader = lmdbKeyValue({ path })
    await reader.commit(registry, [], [write('a', 'x')])
    const value = 'x'.repeat(1024 * 1024)
    const { exited } = await process(`
      for (let at = 0; at < 64; at++) await keyValue.commit(registry, [], [write('big' + at, 'x'.repeat(1024 * 1024))])
      await keyValue.close()`)
    expect(await exited).toEqual([0, null])
    expect(await reader.get(at('big63'))).toBe(value)
    expect(await reader.list(registry, 'settings', { limit: 100, prefix: 'big' })).toHaveLength(64)
    await reader.close()
  })

  it('A commit with a key too long for LMDB is refused as a whole', async () => {
    const keyValue = lmdbKeyValue({ path })
    const commit = keyValue.commit(registry, [], [write('a', 'x'), write('k'.repeat(2000), 'x')])
    await expect(commit).rejects.toThrow('exceeds 1977 bytes')
    expect(await keyValue.get(at('a'))).toBeUndefined()
    await keyValue.close()
  })
})
