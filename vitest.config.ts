import { readFile } from 'node:fs/promises'
import { defineConfig } from 'vitest/config'
import { LongestFirst } from './spec/support/longest-first.js'
import { tallyReporter } from './spec/support/tally-reporter.js'

/** The source maps that its files name are not in the package, of which each import would be warned. */
const withoutSourceMaps = {
  name: 'without-source-maps',
  load: async (id: string) =>
    /@actions\/workflow-parser\/.*\.js$/.test(id)
      ? (await readFile(id, 'utf8')).replace(/^\/\/# sourceMappingURL=.*$/m, '')
      : undefined,
}

/**
 * What measures the event loop or the memory of its process, or changes what a process has only one of, has a process to
 * itself. All others run one after another in processes that keep the modules: no module of `src` has mutable state, and
 * to start a process and to load the modules anew for each file took a tenth of the processors' time.
 */
const inOwnProcess = [
  'spec/**/event-loop.spec.ts',
  'spec/adapters/filesystem/modes.spec.ts',
  'spec/library/integrations.spec.ts',
  'spec/registry/lifecycle/many-images.spec.ts',
  'spec/robustness/**/*.spec.ts',
]

export default defineConfig({
  plugins: [withoutSourceMaps],
  test: {
    projects: [
      { extends: true, test: { name: 'own process', include: inOwnProcess } },
      {
        extends: true,
        test: { name: 'shared process', include: ['spec/**/*.spec.ts'], exclude: inOwnProcess, isolate: false },
      },
    ],
    globalSetup: ['spec/support/global-setup.ts'],
    pool: 'forks',
    // It imports JSON in a way that Node itself refuses.
    server: { deps: { inline: ['@actions/workflow-parser'] } },
    // Real clients and daemons want the processors, too; on two of them, a third file fills the waits of the others.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    // No spec measures time by these: they end what hangs, on a machine that has much else to do.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 30_000 } },
    reporters: ['default', tallyReporter],
  },
})
