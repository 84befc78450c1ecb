import { fileURLToPath } from 'node:url'
import type { Target } from './content.js'
import { runClient } from './processes.js'

/**
 * Runs `<name>-client.js` in a process of its own, which shares the CPUs with the servers, and returns the milliseconds
 * that it prints. Its arguments are the URL, the repository and the authorization, empty if there is none, then `rest`.
 */
export async function timedClient(
  name: 'cold' | 'first-byte' | 'push',
  { url, repository, authorization = '' }: Target,
  ...rest: readonly (string | number)[]
): Promise<number> {
  const program = fileURLToPath(new URL(`${name}-client.js`, import.meta.url))
  return Number(await runClient(process.execPath, [program, url, repository, authorization, ...rest.map(String)]))
}
