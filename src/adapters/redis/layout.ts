import type { Redis } from 'ioredis'
import type { Registry } from '../../registry/registry.js'
import { mastersOf } from './client.js'
import type { Connection } from './connection.js'
import { adviceFor, reasonOf } from './redis-errors.js'
import { LAYOUT, LAYOUT_KEY, OUR_KEYS, registryOf } from './keys.js'

/** Records the version of the layout where none is recorded. Throws a plain error of one line where it is another version. */
export async function requireLayout({ read }: Connection): Promise<void> {
  const found = await read(LAYOUT_KEY, async (client) => {
    // A Redis that is full can still be read.
    const written = await client.get(LAYOUT_KEY)
    if (written !== null) return written
    await client.setnx(LAYOUT_KEY, LAYOUT)
    return client.get(LAYOUT_KEY)
  }).catch((error: Error) => {
    const cause = error.cause instanceof Error ? error.cause : error
    throw new Error(`Redis cannot be used (${reasonOf(cause)}): ${adviceFor(cause)}.`, { cause })
  })
  if (found !== LAYOUT)
    throw new Error(
      `This Redis holds layout ${JSON.stringify(found)}, and this version understands layout ${LAYOUT}: start the version that wrote it, or choose another database.`,
    )
}

async function* ourKeys(master: Redis): AsyncGenerator<string[], void> {
  for await (const keys of master.scanStream({ match: OUR_KEYS, count: 1000 })) yield keys as string[]
}

/** Every registry with a key, looked for on every server. */
export async function registriesIn({ read }: Connection): Promise<Registry[]> {
  const found = await read(OUR_KEYS, async (client) => {
    const registries = new Map<string, Registry>()
    for (const master of await mastersOf(client))
      for await (const keys of ourKeys(master))
        for (const registry of keys.map(registryOf))
          if (registry) registries.set(`${registry.account} ${registry.region}`, registry)
    return registries
  })
  return [...found.values()]
}

/** Removes what is ours and nothing else. */
export async function clear({ read }: Connection): Promise<void> {
  await read(OUR_KEYS, async (client) => {
    for (const master of await mastersOf(client))
      for await (const keys of ourKeys(master)) await Promise.all(keys.map((key) => master.unlink(key)))
  })
}
