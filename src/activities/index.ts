/** All activities of a location, by name. Each is thin: get the platform, call one verb, heartbeat. */

import { analyseActivities } from './analyse.ts'
import type { ActivityContext } from './context.ts'
import { executeActivities } from './execute.ts'
import { hookActivities } from './hooks.ts'
import { packageActivities } from './package.ts'
import { prepareActivities } from './prepare.ts'
import { readyActivities } from './ready.ts'
import { reconcileActivities } from './reconcile.ts'
import { validateActivities } from './validate.ts'
import { wayBackActivities } from './way-back.ts'

export function createActivities(context: ActivityContext) {
  return {
    ...packageActivities(context),
    ...validateActivities(context),
    ...prepareActivities(context),
    ...executeActivities(context),
    ...readyActivities(context),
    ...analyseActivities(context),
    ...hookActivities(context),
    ...wayBackActivities(context),
    ...reconcileActivities(context),
  }
}

export type Activities = ReturnType<typeof createActivities>
