/** What the worker runs. Nothing but workflows is exported here: each export is a workflow type. */
export { blueGreen } from './blue-green.ts'
export { canary } from './canary.ts'
export { deployment } from './deployment.ts'
export { service } from './service.ts'
