import { userInfo } from 'node:os'
import { connect, directRollback } from '../../client/index.ts'
import { exitCodes } from '../../errors.ts'
import type { RollbackKind } from '../../workflows/messages.ts'
import { address, platformOf } from '../address.ts'
import { durationFrom } from '../arguments.ts'
import type { Action } from '../options.ts'
import { announce, waitFor } from '../requested.ts'

/** Goes back to an earlier release: as a deployment of its own, or with `--direct` without Temporal. */
const rollback: Action = async (out, options, named) => {
  const timeoutMs = durationFrom('--timeout', options.timeout)
  const { config, target } = await address(options, named)
  const platform = platformOf(config, target.location)
  if (options.direct) {
    const by = options.by ?? process.env.TIDEGATE_BY ?? userInfo().username
    const onProgress = (text: string) => out.line(text)
    const release = await directRollback(platform, target, { by, to: options.to, readyWithinMs: timeoutMs, onProgress })
    out.object({ target, release, direct: true })
    out.line(`${target.service} runs ${release.id} again. The engine is told by a mark on the platform's record.`)
    return exitCodes.done
  }
  const client = await connect({ ...options, config })
  const { by, reason, requestId, to } = options
  const kind = options.kind as RollbackKind | undefined
  const accepted = await client.rollback(target, { by, reason, requestId, to, kind })
  announce(out, target, accepted, `rollback of ${target.service}`)
  return options.wait ? waitFor(client, out, accepted, { wait: options.wait, timeoutMs, platform }) : exitCodes.done
}

export default rollback
