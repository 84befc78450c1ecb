import type { Redis } from 'ioredis'
import type { Registry } from '../../registry/registry.js'
import { mastersOf } from './client.js'
import type { Connection } from './connection.js'
import { adviceFor, reasonOf } from './redis-errors.js'
import { LAYOUT, LAYOUT_KEY, OUR_KEYS, registryOf } from './keys.js'

/**
 * Stores the version of the layout if Redis contains none yet. Throws an error of one line if it contains another
 * version.
 */
export async function requireLayout({ read }: Connection): Promise<void> {
  const layout = await read(LAYOUT_KEY, async (client) => {
    // Reading first works on a Redis that is full, too.
    const stored = await client.get(LAYOUT_KEY)
    if (stored !== null) return stored
    await client.setnx(LAYOUT_KEY, LAYOUT)
    return client.get(LAYOUT_KEY)
  }).catch((error: Error) => {
    const cause = error.cause instanceof Error ? error.cause : error
    throw new Error(`Redis cannot be used (${reasonOf(cause)}): ${adviceFor(cause)}.`, { cause })
  })
  if (layout !== LAYOUT)
    throw new Error(
      `This Redis holds layout ${JSON.stringify(layout)}, and this version understands layout ${LAYOUT}: start the version that wrote it, or choose another database.`,
    )
}

async function* ourKeys(master: Redis): AsyncGenerator<string[], void> {
  for await (const keys of master.scanStream({ match: OUR_KEYS, count: 1000 })) yield keys as string[]
}

/** Every registry that has a key on any of the servers. */
export async function registriesIn({ read }: Connection): Promise<Registry[]> {
  const byName = await read(OUR_KEYS, async (client) => {
    const registries = new Map<string, Registry>()
    for (const master of await mastersOf(client))
      for await (const keys of ourKeys(master))
        for (const registry of keys.map(registryOf))
          if (registry) registries.set(`${registry.account} ${registry.region}`, registry)
    return registries
  })
  return [...byName.values()]
}

/** Removes all keys of ecr-local and no others. */
export async function clear({ read }: Connection): Promise<void> {
  await read(OUR_KEYS, async (client) => {
    for (const master of await mastersOf(client))
      for await (const keys of ourKeys(master)) await Promise.all(keys.map((key) => master.unlink(key)))
  })
}
