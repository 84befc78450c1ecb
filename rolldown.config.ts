import { defineConfig } from 'rolldown'
import manifest from './package.json' with { type: 'json' }
import { compiledSchemas } from './scripts/compiled-schemas.js'

/** Libraries stay outside the bundle: npm installs, lists and audits them, and native parts are found where they lie. */
const libraries = Object.keys(manifest.dependencies).map((name) => new RegExp(`^${name}(/|$)`))

const shared = { platform: 'node', transform: { target: 'node20.19' }, logLevel: 'warn' } as const

/** `npm run build`: one ES module for what a start needs, one for each part that is loaded later, and the CommonJS entry. */
export default defineConfig([
  {
    input: { main: 'src/main.ts' },
    ...shared,
    external: libraries,
    plugins: [compiledSchemas()],
    output: {
      dir: 'dist',
      format: 'es',
      sourcemap: true,
      // Stack traces name files and lines of src; their text is in the repository.
      sourcemapExcludeSources: true,
      chunkFileNames: '[name].js',
    },
  },
  {
    input: { 'ecr-local': 'src/ecr-local.cts' },
    ...shared,
    external: './main.js',
    output: { dir: 'dist', format: 'cjs', entryFileNames: '[name].cjs' },
  },
])
