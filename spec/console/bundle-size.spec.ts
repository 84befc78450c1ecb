import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { consoleDirectory } from '../../src/console-directory.js'

/** Chunks by their name in the manifest that Vite writes. */
type Chunks = Record<string, { readonly file: string; readonly imports?: readonly string[] }>

const chunks = JSON.parse(readFileSync(join(consoleDirectory, '.vite/manifest.json'), 'utf8')) as Chunks

/** The files of a chunk and of everything that it imports statically: those that a browser loads before it runs. */
function filesOf(name: string, known = new Set<string>()): Set<string> {
  const { file = '', imports = [] } = chunks[name] ?? {}
  if (known.has(file)) return known
  known.add(file)
  for (const imported of imports) filesOf(imported, known)
  return known
}

const sizeOf = (file: string, ending: '.br' | '.gz') => {
  const compressed = join(consoleDirectory, file + ending)
  return statSync(existsSync(compressed) ? compressed : join(consoleDirectory, file)).size
}

describe('size of the console', () => {
  const first = [...filesOf('index.html')].filter((file) => file.endsWith('.js'))

  it.each(['.br', '.gz'] as const)(
    'The scripts of the first load are at most 600 KB in files that end with %s',
    (ending) => {
      const sizes = Object.fromEntries(first.map((file) => [file, sizeOf(file, ending)]))
      const total = Object.values(sizes).reduce((sum, size) => sum + size, 0)
      expect(total, JSON.stringify(sizes)).toBeLessThanOrEqual(600_000)
      expect(total).toBeGreaterThan(100_000)
    },
  )

  it('The page names no other scripts, and nothing of another origin', () => {
    const page = readFileSync(join(consoleDirectory, 'index.html'), 'utf8')
    const named = [...page.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, address = '']) => address)
    expect(named.filter((address) => !/^\/console\/assets\/[\w.-]+$/.test(address))).toEqual([])
    const scripts = named
      .filter((address) => address.endsWith('.js'))
      .map((address) => address.slice('/console/'.length))
    expect(scripts.filter((file) => !first.includes(file))).toEqual([])
  })

  it('Every script and style sheet that is worth it was compressed in the build', () => {
    const files = Object.values(chunks).map(({ file }) => file)
    const large = files.filter((file) => statSync(join(consoleDirectory, file)).size > 2_000)
    expect(large.length).toBeGreaterThan(2)
    for (const file of large)
      expect([file, ...['.br', '.gz'].map((ending) => existsSync(join(consoleDirectory, file + ending)))]).toEqual([
        file,
        true,
        true,
      ])
  })
})
