import { basename, dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'rolldown'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** Bundles a module of `src` so that a process without vitest can import it, and returns the URL to import. */
export async function bundled(source: string): Promise<string> {
  const file = join(root, 'dist/spec', dirname(source), `${basename(source, '.ts')}.js`)
  await build({
    input: join(root, source),
    platform: 'node',
    external: /^[^./\0]/,
    transform: { target: 'node20.19' },
    output: { file, codeSplitting: false },
    logLevel: 'silent',
  })
  return pathToFileURL(file).href
}
