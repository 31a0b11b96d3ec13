import type { Logger } from 'pino'
import type { Notice } from '../notify/notify.ts'
import type { Platform } from '../platforms/port.ts'
import type { Visibility } from '../spec/model.ts'

/** What activities need of the world; the worker makes it once. */
export interface ActivityContext {
  /** The platform of this worker's location. */
  platform: Platform
  /** Folder for what may be thrown away: fetched packages on their way into the store. */
  cacheDir: string
  /** Id of the Temporal namespace: this engine's name on anchors. */
  engine: string
  visibility: Visibility
  log: Logger
  /** Where people want to hear of deployments. */
  notify?: (notice: Notice) => Promise<void>
}
