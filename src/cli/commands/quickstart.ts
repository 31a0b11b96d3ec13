import type { Action } from '../options.ts'
import { quickstart } from '../quickstart/command.ts'

const action: Action = (_out, { keep, json }) => quickstart({ keep, json })

export default action
