import { runWorker } from '../../../worker/main.ts'
import { exitCodes } from '../../errors.ts'
import type { Action } from '../options.ts'

/** A worker for the locations of the configuration, until it is told to end. */
const worker: Action = async (_out, { location, config }) => {
  await runWorker({ locations: location === undefined ? undefined : [location], configFile: config })
  return exitCodes.done
}

export default worker
