import { hostsFileLines, registriesWithRealNames } from '../compose/real-names.js'
import { isDataDirectoryMissing } from '../compose/storage.js'
import type { Config } from '../config/config.js'
import type { Log } from '../registry/ports/log.js'
import type { Registry } from '../registry/registry.js'
import { openExistingStorage } from './existing-storage.js'

/** The registries whose names `certs --real-names` covers: also those that planes with these settings have stored. */
export async function registriesToCover(config: Config, log: Log): Promise<Registry[]> {
  if (config.store === 'memory' || isDataDirectoryMissing(config)) return registriesWithRealNames(config)
  const storage = await openExistingStorage(config, 'certs', log)
  try {
    return await registriesWithRealNames(config, storage.store)
  } finally {
    await storage.close()
  }
}

/** What a user does with the lines for the hosts file, and the lines. Each begins with an address, for grep. */
export const hostsFileText = (registries: readonly Registry[], host: string): string[] => [
  'Add these lines to /etc/hosts (Windows: C:\\Windows\\System32\\drivers\\etc\\hosts). While they are there, this machine',
  'reaches ecr-local and not AWS by these names.',
  '',
  ...hostsFileLines(registries, host),
  '',
]
