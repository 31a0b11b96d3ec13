import { randomUUID } from 'node:crypto'
import { connect, prepareDeploy } from '../../client/index.ts'
import { exitCodes } from '../../errors.ts'
import { durationFrom } from '../arguments.ts'
import type { Action } from '../options.ts'
import { announce, waitFor } from '../requested.ts'
import { resolved } from '../resolved.ts'

/** Resolves the spec, stores what is to run, and asks for the deployment. Bad input ends it before anything starts. */
const deploy: Action = async (out, options) => {
  const timeoutMs = durationFrom('--timeout', options.timeout)
  const { spec, config, platform } = await resolved(options)
  for (const note of spec.notes) out.note(out.colour.dim(note))
  const client = await connect({ ...options, config })
  const prepared = await prepareDeploy(spec, platform.store)
  const accepted = await client.deploy(prepared, {
    requestId: options.requestId ?? randomUUID(),
    by: options.by,
    reason: options.reason,
    whenBusy: (options.whenBusy as 'queue' | undefined) ?? config.policy.whenBusy,
    onFailure: (options.onFailure as 'pause-queue' | undefined) ?? config.policy.onFailure,
    takeOver: options.takeOver,
    force: options.force,
  })
  announce(out, spec.target, accepted, `${spec.target.service} ${spec.version}`)
  if (!options.wait) return exitCodes.done
  return waitFor(client, out, accepted, { wait: options.wait, timeoutMs, platform })
}

export default deploy
