import { join } from 'node:path'
import { defineConfig } from 'rolldown'
import { dts } from 'rolldown-plugin-dts'
import { commonJsEntries, esEntries } from './scripts/library-entries.js'

/** The declaration file that the compiler has written for a module. */
const declarations = (source: string) => join('build', source.replace(/\.ts$/, '.d.ts'))

/**
 * The declarations of the library: of the compiler's files, one for each module, those that an entry needs in a few files.
 * A configuration of its own, because what runs needs no types: the container image is made without the compiler.
 */
export default defineConfig({
  logLevel: 'warn',
  input: Object.fromEntries(
    Object.entries({ ...commonJsEntries, ...esEntries }).map(([name, source]) => [name, declarations(source)]),
  ),
  external: /^[^./\0]/,
  plugins: [dts({ dtsInput: true, emitDtsOnly: true, tsconfig: false })],
  output: {
    dir: 'dist',
    format: 'es',
    entryFileNames: ({ name }) => (name in esEntries ? '[name].d.mts' : '[name].d.cts'),
    chunkFileNames: 'declarations-[name].d.cts',
  },
})
