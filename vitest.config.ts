import { defineConfig } from 'vitest/config'
import { LongestFirst } from './spec/support/longest-first.js'
import { tallyReporter } from './spec/support/tally-reporter.js'

export default defineConfig({
  test: {
    include: ['spec/**/*.spec.ts'],
    globalSetup: ['spec/support/global-setup.ts'],
    pool: 'forks',
    // Real clients and daemons want the processors, too.
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    // No spec measures time by these: they end what hangs, on a machine that has much else to do.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 30_000 } },
    reporters: ['default', tallyReporter],
  },
})
