import { defineConfig } from 'vitest/config'
import { tallyReporter } from './spec/support/tally-reporter.js'

/** The long runs, one after the other: `npm run test:soak`. Each ends with its faults, not with its time. */
export default defineConfig({
  test: {
    include: ['spec/**/*.soak.ts'],
    globalSetup: ['spec/support/global-setup.ts'],
    pool: 'forks',
    maxWorkers: 1,
    // A run that hangs fails by bounds of its own, which say what hangs.
    testTimeout: 20 * 60_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 30_000 } },
    disableConsoleIntercept: true,
    reporters: ['default', tallyReporter],
  },
})
