import { connect } from '../../client/index.ts'
import { exitCodes } from '../../errors.ts'
import { address, platformOf } from '../address.ts'
import { durationFrom, replicasFrom } from '../arguments.ts'
import type { Action } from '../options.ts'
import { announce, waitFor } from '../requested.ts'

/** Changes the number of instances of the stable release, as a deployment of its own. */
const scale: Action = async (out, options, replicas = '', named) => {
  const timeoutMs = durationFrom('--timeout', options.timeout)
  const wanted = replicasFrom(replicas)
  const { config, target } = await address(options, named)
  const client = await connect({ ...options, config })
  const { by, reason, requestId } = options
  const accepted = await client.scale(target, { by, reason, requestId, scale: wanted })
  announce(out, target, accepted, `${target.service} to ${replicas} instances`)
  const platform = platformOf(config, target.location)
  return options.wait ? waitFor(client, out, accepted, { wait: options.wait, timeoutMs, platform }) : exitCodes.done
}

export default scale
