import { connect } from '../../client/index.ts'
import { exitCodes } from '../../errors.ts'
import { address } from '../address.ts'
import type { Action } from '../options.ts'

const unfreeze: Action = async (out, options, named) => {
  const { config, target } = await address(options, named)
  const client = await connect({ ...options, config })
  await client.unfreeze(target)
  out.object({ frozen: false, target })
  out.line(`${target.service} in ${target.environment} takes deployments again.`)
  return exitCodes.done
}

export default unfreeze
