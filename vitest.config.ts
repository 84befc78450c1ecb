import { defineConfig } from 'vitest/config'
import { tallyReporter } from './spec/support/tally-reporter.js'

export default defineConfig({
  test: {
    include: ['spec/**/*.spec.ts'],
    globalSetup: ['spec/support/global-setup.ts'],
    pool: 'forks',
    // Real clients and daemons want the processors, too.
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    reporters: ['default', tallyReporter],
  },
})
