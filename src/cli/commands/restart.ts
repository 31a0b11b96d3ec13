import { connect } from '../../client/index.ts'
import { exitCodes } from '../../errors.ts'
import { address, platformOf } from '../address.ts'
import { durationFrom } from '../arguments.ts'
import type { Action } from '../options.ts'
import { announce, waitFor } from '../requested.ts'

/** Replaces the instances of the stable release one after the other. */
const restart: Action = async (out, options, named) => {
  const timeoutMs = durationFrom('--timeout', options.timeout)
  const { config, target } = await address(options, named)
  const client = await connect({ ...options, config })
  const { by, reason, requestId } = options
  const accepted = await client.restart(target, { by, reason, requestId })
  announce(out, target, accepted, `restart of ${target.service}`)
  const platform = platformOf(config, target.location)
  return options.wait ? waitFor(client, out, accepted, { wait: options.wait, timeoutMs, platform }) : exitCodes.done
}

export default restart
