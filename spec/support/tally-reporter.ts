import type { Reporter, TestModule, TestSuite } from 'vitest/node'
import { INSTALL_COMMAND } from './system-tools.js'

/**
 * Ends the output with one plain line to read a run by: `N passed, N failed, N skipped`. A file, suite or promise that
 * failed outside of any test counts as one that failed. What was skipped for want of something is named before it.
 */
export const tallyReporter: Reporter = {
  onTestRunEnd(modules, unhandledErrors) {
    const tests = modules.flatMap((module) => [...module.children.allTests()])
    const count = (state: string) => tests.filter((test) => test.result().state === state).length
    const groups = modules.flatMap((module): (TestModule | TestSuite)[] => [module, ...module.children.allSuites()])
    const broken = groups.filter((group) => group.errors().length > 0).length
    const [passed, failed] = [count('passed'), count('failed')]
    const lines = [
      ...modules.flatMap(wantOf),
      `${passed} passed, ${failed + broken + unhandledErrors.length} failed, ${tests.length - passed - failed} skipped`,
    ]
    process.stdout.write(`${lines.join('\n')}\n`)
  },
}

/** `describeWith` names what a skipped block misses. */
const MISSING = /\(missing: (.+)\)$/

function wantOf({ relativeModuleId, children }: TestModule): string[] {
  const missing = [...children.allSuites()].flatMap(({ name }) => MISSING.exec(name)?.[1] ?? [])
  if (missing.length === 0) return []
  return [`skipped in ${relativeModuleId}: missing ${[...new Set(missing)].join('; ')} (tools: ${INSTALL_COMMAND})`]
}
