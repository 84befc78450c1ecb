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
 * Specs that run one after another in a process that keeps the modules: no module of `src` has mutable state, and loading
 * the modules for each of these files anew took most of their time. What measures the event loop has a process to itself.
 */
const inOneProcess = [
  'access,background,control-plane,coordination,data-plane,iam,pull-through-cache,registry,seed,server,sigv4,smithy,transfer,upkeep',
].map((rooms) => `spec/{${rooms}}/**/!(event-loop).spec.ts`)

export default defineConfig({
  plugins: [withoutSourceMaps],
  test: {
    projects: [
      { extends: true, test: { name: 'own process', include: ['spec/**/*.spec.ts'], exclude: inOneProcess } },
      { extends: true, test: { name: 'one process', include: inOneProcess, isolate: false } },
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
