import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { collections } from '../../src/registry/collections.js'

const root = fileURLToPath(new URL('../../', import.meta.url))

const filesBelow = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name))

const sources = filesBelow('src').filter((name) => /\.tsx?$/.test(name) && !name.endsWith('.d.ts'))
const specs = filesBelow('spec').filter((name) => name.endsWith('.spec.ts'))

/** Files of a row: one for each adapter, or one for each plane. */
const ROW_NAMES = ['key-value.ts', 'blob-store.ts', 'blob-writer.ts', 'notes.ts', 'server.ts']

/** Words of our own that the field has other words for, each with the field's. */
const PRIVATE_WORDS = {
  foresee: 'prefetch',
  oneAtATime: 'single flight',
  troubles: 'outage',
  nobody: 'no caller, no client',
  whoever: 'the caller, the client',
  somebody: 'a caller, a client',
}

describe('src', () => {
  it('The base names of source files are unique except for those of a row', () => {
    const names = sources.map((path) => basename(path)).filter((name) => !ROW_NAMES.includes(name))
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
    expect(names.length).toBeGreaterThan(300)
  })

  const rooms = readdirSync(join(root, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory())
  it.each(rooms.map(({ name }) => name))('The room %s has a README of at most 40 lines', (room) => {
    const lines = readFileSync(join(root, 'src', room, 'README.md'), 'utf8')
      .trim()
      .split('\n')
    expect(lines[0]).toBe(`# ${room}`)
    expect(lines.length).toBeLessThanOrEqual(40)
  })

  it.each(Object.entries(PRIVATE_WORDS))('No source file uses the word %s instead of the usual %s', (word) => {
    const using = sources.filter((path) =>
      new RegExp(`\\b${word}\\b`, 'i').test(readFileSync(join(root, path), 'utf8')),
    )
    expect(using).toEqual([])
  })

  it('No comment line is longer than 120 characters unless it is an address', () => {
    const long = sources.flatMap((path) =>
      readFileSync(join(root, path), 'utf8')
        .split('\n')
        .filter((line) => /^\s*(\/?\*|\/\/)/.test(line) && line.length > 120 && !line.includes('https://'))
        .map((line) => `${path}: ${line.trim()}`),
    )
    expect(long).toEqual([])
  })
})

describe('documents', () => {
  it('spec/README.md lists every spec once and nothing else', () => {
    const listed = [...readFileSync(join(root, 'spec/README.md'), 'utf8').matchAll(/\]\(([^)]+\.spec\.ts)\)/g)]
    expect(listed.map(([, path]) => join('spec', path!)).sort()).toEqual(specs.sort())
  })

  it('docs/layout.md has an example of a key for every collection and for nothing else', () => {
    const [, table = ''] = /^## Records\n([^]*?)\n### /m.exec(readFileSync(join(root, 'docs/layout.md'), 'utf8')) ?? []
    const rows = [...table.matchAll(/^\| (`\w+`(?:, `\w+`)*) \| .+ \| `.+` \|$/gm)]
    const names = rows.flatMap(([, cell = '']) => cell.replaceAll('`', '').split(', '))
    expect(names.sort()).toEqual(Object.keys(collections).sort())
  })

  it('ARCHITECTURE.md has at most 150 lines', () => {
    expect(readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8').trim().split('\n').length).toBeLessThanOrEqual(150)
  })

  const documents = execFileSync('git', ['ls-files', '*.md', 'docs/*.md', 'src/**/README.md'], {
    cwd: root,
    encoding: 'utf8',
  })
  it.each([...new Set(documents.trim().split('\n'))])(
    'Every file of the repository that %s links to exists',
    (path) => {
      const links = [
        ...readFileSync(join(root, path), 'utf8').matchAll(/\]\((?!https?:|#|mailto:)([^)#]+)(?:#[^)]*)?\)/g),
      ]
      const missing = links.map(([, link]) => link!).filter((link) => !existsSync(join(root, path, '..', link)))
      expect(missing).toEqual([])
    },
  )
})
