import type { TestAPI } from 'vitest'
import type { TestProject } from 'vitest/node'
import { type EcrLocal, startEcrLocal, type StartOptions } from '../ecr-local.js'

declare module 'vitest' {
  interface ProvidedContext {
    ecrLocal: ProvidedEcrLocal
  }
}

/** What `inject('ecrLocal')` returns in a test: what can be cloned of the emulator of the global setup. */
export type ProvidedEcrLocal = Pick<EcrLocal, 'endpoint' | 'registry' | 'region' | 'credentials' | 'env'>

/** A global setup of Vitest: one emulator for the run, which is empty again whenever the watcher runs tests again. */
export const ecrLocalSetup =
  (options?: StartOptions) =>
  async (project: Pick<TestProject, 'provide' | 'onTestsRerun'>): Promise<() => Promise<void>> => {
    const emulator = await startEcrLocal(options)
    const { endpoint, registry, region, credentials, env } = emulator
    project.provide('ecrLocal', { endpoint, registry, region, credentials, env })
    project.onTestsRerun(() => emulator.reset())
    return () => emulator.stop()
  }

/** The global setup without options, so that `globalSetup: ['ecr-local/vitest']` is all that a configuration needs. */
export default ecrLocalSetup()

/** What `withEcrLocal` adds to the context of a test. */
export interface EcrLocalContext {
  ecrLocal: EcrLocal
}

/** How an emulator is started, and how many tests share it: those of a file, unless `scope` says otherwise. */
export interface EcrLocalFixtureOptions extends StartOptions {
  readonly scope?: 'test' | 'file' | 'worker'
}

/**
 * Adds the fixture `ecrLocal` to a `test` of Vitest: an emulator in the process of the tests, which is started when the
 * first of them asks for it and stopped after the last.
 */
export function withEcrLocal<Context>(
  test: TestAPI<Context>,
  { scope = 'file', ...options }: EcrLocalFixtureOptions = {},
) {
  return test.extend<EcrLocalContext>({
    ecrLocal: [
      // eslint-disable-next-line no-empty-pattern -- Vitest reads here which other fixtures this one needs
      async ({}, use) => {
        await using emulator = await startEcrLocal(options)
        await use(emulator)
      },
      { scope },
    ],
  })
}
