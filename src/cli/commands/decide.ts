import { connect, type DecisionName } from '../../client/index.ts'
import { exitCodes } from '../../errors.ts'
import { address, deploymentMeant, platformOf } from '../address.ts'
import { durationFrom } from '../arguments.ts'
import { confirmed } from '../confirm.ts'
import { follow } from '../follow.ts'
import type { Action } from '../options.ts'

const risky: Partial<Record<DecisionName, string>> = {
  abort: 'Go back to what ran before?',
  skip: 'Leave this step of the way back undone?',
}

/** `approve`, `reject`, `promote`, `pause`, `resume`, `abort`, `retry`, `skip`: a person's word to a deployment. */
export const deciding =
  (verb: string): Action =>
  async (out, options, named) => {
    const name = verb as DecisionName
    const timeoutMs = durationFrom('--timeout', options.timeout)
    const meant = await address(options, named)
    const client = await connect({ ...options, config: meant.config })
    if (name === 'resume' && options.queue) {
      await client.resumeQueue(meant.target)
      out.object({ queue: 'resumed', target: meant.target })
      out.line(`The queue of ${meant.target.service} goes on.`)
      return exitCodes.done
    }
    const id = await deploymentMeant(client, meant, name)
    const question = risky[name]
    if (question && !options.yes && !(await confirmed(out, `${id}: ${question}`))) {
      out.line('Nothing was changed.')
      return exitCodes.aborted
    }
    const { by, reason, gate, full } = options
    const decided = await client.decide(id, name, { by, reason, gate, full })
    out.object(decided)
    out.line(`${id}: ${decided.message}`)
    if (!options.wait) return exitCodes.done
    const platform = platformOf(meant.config, meant.target.location)
    const until = options.wait === 'gates' ? 'end' : 'person'
    return follow(client, out, id, { platform, until, timeoutMs, asked: name === 'abort' ? 'abort' : undefined })
  }
