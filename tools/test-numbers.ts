/** The numbers of a test run, from vitest's JSON report: the last line of `.ci/run`. */

import { readFileSync } from 'node:fs'

/** What is read of the report. */
export interface TestReport {
  success: boolean
  numPassedTests: number
  numFailedTests: number
  testResults: { status: string; assertionResults: { status: string }[] }[]
}

/** `N passed, N failed`. A file that failed without a failing test (it did not load) counts as one failure. */
export function numbersOf(report: TestReport): string {
  const broken = report.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  ).length
  const failed = report.numFailedTests + broken
  // An error outside of all tests fails the run as well.
  return `${report.numPassedTests} passed, ${failed === 0 && !report.success ? 1 : failed} failed`
}

if (process.argv[1] === import.meta.filename) {
  let text = ''
  try {
    text = readFileSync(process.argv[2] ?? '', 'utf8')
  } catch {
    // The run left no report: it broke before it began.
  }
  console.log(text.trim() ? numbersOf(JSON.parse(text) as TestReport) : '0 passed, 1 failed')
}
