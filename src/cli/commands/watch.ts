import { connect } from '../../client/index.ts'
import { address, deploymentMeant, platformOf } from '../address.ts'
import { durationFrom } from '../arguments.ts'
import { follow } from '../follow.ts'
import type { Action } from '../options.ts'

/** Follows a deployment, through its gates, until it has ended. */
const watch: Action = async (out, options, named) => {
  const timeoutMs = durationFrom('--timeout', options.timeout)
  const meant = await address(options, named)
  const client = await connect({ ...options, config: meant.config })
  const id = await deploymentMeant(client, meant)
  const platform = platformOf(meant.config, meant.target.location)
  return follow(client, out, id, { platform, until: 'end', timeoutMs, changes: true })
}

export default watch
