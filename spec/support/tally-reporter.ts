import type { Reporter, TestModule, TestSuite } from 'vitest/node'
import { INSTALL_COMMAND } from './system-tools.js'

/**
 * Ends the output with one plain summary line: `N passed, N failed, N skipped`. A file, suite or promise that failed
 * outside of a test counts as one failure. Lines before it name what skipped specs were missing.
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

/** Matches the end of a block title in which `describeWith` lists what is missing. */
const MISSING = /\(missing: (.+)\)$/

function wantOf({ relativeModuleId, children }: TestModule): string[] {
  const missing = [...children.allSuites()].flatMap(({ name }) => MISSING.exec(name)?.[1] ?? [])
  if (missing.length === 0) return []
  return [`skipped in ${relativeModuleId}: missing ${[...new Set(missing)].join('; ')} (tools: ${INSTALL_COMMAND})`]
}
