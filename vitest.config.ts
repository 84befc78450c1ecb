import { defineConfig } from 'vitest/config'
import { tallyReporter } from './spec/support/tally-reporter.js'

/** A dockerd without a bridge, as most specs want it, takes away the bridge that containers need: they come last, alone. */
const containers = 'spec/clients/compose.spec.ts'

export default defineConfig({
  test: {
    projects: [
      {
        extends: true,
        test: { name: 'specs', include: ['spec/**/*.spec.ts'], exclude: [containers], sequence: { groupOrder: 0 } },
      },
      { extends: true, test: { name: 'containers', include: [containers], sequence: { groupOrder: 1 } } },
    ],
    globalSetup: ['spec/support/global-setup.ts'],
    pool: 'forks',
    // Real clients and daemons want the processors, too.
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    reporters: ['default', tallyReporter],
  },
})
