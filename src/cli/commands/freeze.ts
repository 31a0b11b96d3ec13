import { connect } from '../../client/index.ts'
import { exitCodes } from '../../errors.ts'
import { address, wrong } from '../address.ts'
import type { Action } from '../options.ts'

/** Refuses deployments until it is unfrozen; a rollback is allowed at all times. */
const freeze: Action = async (out, options, named) => {
  const { by, reason } = options
  if (!reason) throw wrong('--reason is missing', 'Say why it is frozen: whoever wants to deploy will read it.')
  const { config, target } = await address(options, named)
  const client = await connect({ ...options, config })
  await client.freeze(target, { by, reason })
  out.object({ frozen: true, target, reason })
  out.line(`${target.service} in ${target.environment} is frozen: ${reason}`)
  return exitCodes.done
}

export default freeze
