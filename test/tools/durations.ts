/** Checked by the type checker alone: a duration that nobody can read is an error before anything runs. */

import type { Duration } from '@temporalio/common'

export const read: Duration[] = ['5 minutes', '30s', 1_500]
// @ts-expect-error: were `Duration` an `any`, this line would need no error, and the check would fail
export const unreadable: Duration = 'banana'
