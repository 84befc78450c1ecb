import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { defineConfig, type OutputOptions, type Plugin } from 'rolldown'
import manifest from './package.json' with { type: 'json' }
import { bundledLicenses } from './scripts/bundled-licenses.js'
import { compiledSchemas } from './scripts/compiled-schemas.js'
import { commonJsEntries, esEntries } from './scripts/library-entries.js'

/**
 * Libraries that are bundled for the sake of the time that they take to load. Of the first two a start needs a class and
 * two functions, and only those are bundled; `require` would load all of their files. Of undici, which a first pull
 * needs, three files with what they import. Of the others it saves finding thirty files, 10 ms of a start.
 */
const bundled: ReadonlySet<string> = new Set([
  '@smithy/protocol-http',
  'jsonc-parser',
  'undici',
  'pino',
  'lru-cache',
  'ipaddr.js',
  'picocolors',
])

/** Libraries stay outside the bundle: npm installs, lists and audits them, and native parts are found where they lie. */
const libraries = Object.keys(manifest.dependencies)
  .filter((name) => !isEsOnly(name) && !bundled.has(name))
  .concat(Object.keys(manifest.peerDependencies))
  .map((name) => new RegExp(`^${name}(/|$)`))

/** A library of ES modules only is bundled: what `require` returns for it has another default export than CommonJS has. */
function isEsOnly(name: string): boolean {
  const file = join(import.meta.dirname, 'node_modules', name, 'package.json')
  const { type, exports } = JSON.parse(readFileSync(file, 'utf8')) as { type?: string; exports?: unknown }
  return type === 'module' && !JSON.stringify(exports ?? '').includes('"require"')
}

/**
 * What a start needs lies in files of at most 400 KB. V8 compiles a file with memory that grows with it and that malloc
 * keeps: in one file of 1.1 MB, an idle process holds 7 MB more. A group takes along what its modules import, unless an
 * earlier group has it, so the files do not load each other in a circle.
 */
const rooms = [
  // Also of `--help`, which needs nothing else of the rooms below.
  { name: 'leven', test: /\/node_modules\/leven\// },
  // Only of pulls from upstreams, and of the requests of one plane to the other.
  { name: 'undici', test: /\/node_modules\/undici\// },
  { name: 'checks', test: /\.generated\.js$/ },
  { name: 'access', test: /\/src\/(access|iam|sigv4|smithy)\// },
  { name: 'registry', test: /\/src\/(registry|store|coordination|upkeep)\// },
  { name: 'planes', test: /\/src\/(control-plane|data-plane|server|pull-through-cache|background)\// },
]

const commonJs: OutputOptions = {
  dir: 'dist',
  format: 'cjs',
  exports: 'named',
  entryFileNames: '[name].cjs',
  // The module of the library has the name of the program's entry.
  chunkFileNames: ({ name }) => (name === 'ecr-local' ? 'start-ecr-local.cjs' : '[name].cjs'),
  dynamicImportInCjs: false,
  codeSplitting: { groups: rooms },
  // One character beyond Latin-1 makes V8 keep and scan a whole file with two bytes for each: 1.3 MB and 8 ms.
  charset: 'ascii',
  // A third less to read and parse, 10 ms of CPU of a start. Names stay, so that stack traces show them.
  minify: { compress: false, mangle: false, codegen: { removeWhitespace: true } },
}

const shared = { platform: 'node', transform: { target: 'node20.19' }, logLevel: 'warn' } as const

/** Leaves the import of a module to run time, when it is loaded from a file beside the importer. */
const beside = (imported: string, file: string): Plugin => ({
  name: 'beside',
  resolveId: (id) => (id === imported ? { id: file, external: true } : null),
})

/**
 * `npm run build`: a few files with what a start needs, one for each part that is loaded later or that users import, and
 * the entry, which knows none of them. They are CommonJS, because most libraries are: loading those from ES modules costs
 * Node a quarter of a start.
 */
export default defineConfig([
  {
    ...shared,
    input: { main: 'src/main.ts', ...commonJsEntries },
    external: libraries,
    // The ES modules of a library, where it has both, because only those can be bundled in part.
    resolve: { mainFields: ['module', 'main'] },
    // Of jsonc-parser a start needs the parser; its formatter makes 1,200 strings when it is loaded, 0.4 MB.
    treeshake: { moduleSideEffects: [{ test: /\/node_modules\/jsonc-parser\//, sideEffects: false }] },
    plugins: [compiledSchemas(), bundledLicenses()],
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
    // The entry loads the main file by its name, once it knows that this Node can read it.
    plugins: [beside('./main.js', './main.cjs')],
    output: commonJs,
  },
  {
    ...shared,
    input: esEntries,
    external: libraries,
    plugins: [beside('../ecr-local.js', './library.cjs')],
    output: { dir: 'dist', format: 'es', entryFileNames: '[name].mjs' },
  },
])
