import { defineConfig } from 'vitest/config'
import { tallyReporter } from './spec/support/tally-reporter.js'

/** The long runs, one after the other: `npm run test:soak`, a quarter of an hour in all. */
export default defineConfig({
  test: {
    include: ['spec/**/*.soak.ts'],
    globalSetup: ['spec/support/global-setup.ts'],
    pool: 'forks',
    maxWorkers: 1,
    testTimeout: 15 * 60_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 30_000 } },
    disableConsoleIntercept: true,
    reporters: ['default', tallyReporter],
  },
})
