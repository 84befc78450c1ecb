import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))
const page = readFileSync(join(root, 'docs/library.md'), 'utf8')

/** The examples of the page, each under the heading before it. */
const examples = [...page.matchAll(/^#+ (.+)$|^```ts\n([^]*?)^```$/gm)].reduce<{ heading: string; code: string }[]>(
  (found, [, heading, code]) =>
    heading === undefined
      ? [...found.slice(0, -1), { ...found.at(-1)!, code: `${found.at(-1)!.code}${code}` }]
      : [...found, { heading, code: '' }],
  [],
)
const [setUp, ...others] = examples.filter(({ code }) => code !== '')

describe('docs/library.md', () => {
  const folder = join(root, 'dist/spec/examples')
  mkdirSync(folder, { recursive: true })
  afterAll(() => rmSync(folder, { recursive: true }))

  it('The page has examples', () => {
    expect(others.length).toBeGreaterThan(4)
  })

  it.each(others.map(({ heading, code }, index) => [heading, code, index] as const))(
    'The example runs as it stands: %s',
    async (_, code, index) => {
      const lines = `${setUp?.code}${code}await ecr.stop()\n`.split('\n')
      const imports = new Set(lines.filter((line) => line.startsWith('import ')))
      const text = [...imports, ...lines.filter((line) => !line.startsWith('import '))].join('\n')
      const file = join(folder, `example-${index}.ts`)
      writeFileSync(file, text.replaceAll("'ecr-local'", `'${join(root, 'src/library/ecr-local.js')}'`))
      await import(file)
    },
  )
})
