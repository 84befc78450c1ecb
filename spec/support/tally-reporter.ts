import type { Reporter, SerializedError, TestModule, TestSuite } from 'vitest/node'
import { INSTALL_COMMAND, MISSING } from './system-tools.js'

/**
 * Ends the output with one plain line to read a run by: `N passed, N failed, N skipped`. A file, suite or promise that
 * failed outside of any test counts as one that failed.
 */
export default class TallyReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()])
    const count = (state: string) => tests.filter((test) => test.result().state === state).length
    const suites = modules.flatMap((module): (TestModule | TestSuite)[] => [module, ...module.children.allSuites()])
    const broken = suites.filter((suite) => suite.errors().length > 0).length
    const [passed, failed] = [count('passed'), count('failed') + broken + unhandled.length]
    const skipped = tests.length - passed - count('failed')
    modules.flatMap(reasonOf).forEach((line) => console.log(line))
    console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`)
  }
}

function reasonOf({ relativeModuleId, children }: TestModule): string[] {
  const missing = [...children.allSuites()].flatMap(({ name }) => MISSING.exec(name)?.[1] ?? [])
  if (missing.length === 0) return []
  return [`skipped ${relativeModuleId}: missing ${[...new Set(missing)].join('; ')} (system tools: ${INSTALL_COMMAND})`]
}
