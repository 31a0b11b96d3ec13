import { expect, test } from 'vitest'
import { numbersOf } from '../../tools/test-numbers.ts'

const file = (status: string, ...tests: string[]) => ({
  status,
  assertionResults: tests.map((each) => ({ status: each })),
})
const report = (success: boolean, passed: number, failed: number, ...testResults: ReturnType<typeof file>[]) => ({
  success,
  numPassedTests: passed,
  numFailedTests: failed,
  testResults,
})

test.each([
  ['all well', report(true, 2, 0, file('passed', 'passed', 'passed')), '2 passed, 0 failed'],
  ['a failing test', report(false, 1, 1, file('failed', 'passed', 'failed')), '1 passed, 1 failed'],
  ['a file that does not load', report(false, 1, 0, file('passed', 'passed'), file('failed')), '1 passed, 1 failed'],
  ['a hook that fails after the tests', report(false, 1, 0, file('failed', 'passed')), '1 passed, 1 failed'],
  ['an error outside of tests', report(false, 3, 0, file('passed', 'passed')), '3 passed, 1 failed'],
])('%s is counted', (_, given, line) => {
  expect(numbersOf(given)).toBe(line)
})
