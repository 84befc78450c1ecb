import { declarationsOf } from '../seed/declarations.js'
import type { Seed } from '../seed/seed.js'
import { SeedError } from '../seed/seed-error.js'
import type { Accounts } from '../access/credentials.js'
import { UsageError } from './usage-error.js'

/** The settings that a seed is checked with. */
interface SeededConfig {
  readonly seed?: Seed | undefined
  readonly accounts?: Accounts | undefined
}

/**
 * Validates every entry of the seed in this file as the API would. Throws UsageError with the place and the service's
 * sentence.
 */
export function requireSeed({ seed, accounts }: SeededConfig, path: string): void {
  try {
    declarationsOf(seed, accounts)
  } catch (error) {
    if (error instanceof SeedError) throw new UsageError(`${path}: ${error.message}`)
    throw error
  }
}
