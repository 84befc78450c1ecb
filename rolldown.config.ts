import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { defineConfig, type OutputOptions, type Plugin } from 'rolldown'
import manifest from './package.json' with { type: 'json' }
import { compiledSchemas } from './scripts/compiled-schemas.js'

/** Libraries stay outside the bundle: npm installs, lists and audits them, and native parts are found where they lie. */
const libraries = Object.keys(manifest.dependencies)
  .filter((name) => !isEsOnly(name))
  .map((name) => new RegExp(`^${name}(/|$)`))

/** A library of ES modules only is bundled: what `require` returns for it has another default export than CommonJS has. */
function isEsOnly(name: string): boolean {
  const file = join(import.meta.dirname, 'node_modules', name, 'package.json')
  const { type, exports } = JSON.parse(readFileSync(file, 'utf8')) as { type?: string; exports?: unknown }
  return type === 'module' && !JSON.stringify(exports ?? '').includes('"require"')
}

const commonJs: OutputOptions = {
  dir: 'dist',
  format: 'cjs',
  entryFileNames: '[name].cjs',
  // The module of the library has the name of the program's entry.
  chunkFileNames: ({ name }) => (name === 'ecr-local' ? 'start-ecr-local.cjs' : '[name].cjs'),
  dynamicImportInCjs: false,
}

const shared = { platform: 'node', transform: { target: 'node20.19' }, logLevel: 'warn' } as const

/** The entry loads the main file by its name, once it knows that this Node can read it. */
const mainBesideEntry: Plugin = {
  name: 'main-beside-entry',
  resolveId: (id) => (id === './main.js' ? { id: './main.cjs', external: true } : null),
}

/**
 * `npm run build`: one file with what a start needs, one for each part that is loaded later, and the entry, which knows none
 * of them. They are CommonJS, because most libraries are: loading those from ES modules costs Node a quarter of a start.
 */
export default defineConfig([
  {
    ...shared,
    input: { main: 'src/main.ts', library: 'src/library/ecr-local.ts' },
    external: libraries,
    plugins: [compiledSchemas()],
    checks: { bundlerTimings: false },
    output: {
      ...commonJs,
      sourcemap: true,
      // Stack traces name files and lines of src; their text is in the repository.
      sourcemapExcludeSources: true,
    },
  },
  {
    ...shared,
    input: { 'ecr-local': 'src/ecr-local.cts' },
    plugins: [mainBesideEntry],
    output: commonJs,
  },
])
