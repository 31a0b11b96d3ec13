import { connect } from '../../client/index.ts'
import { exitCodes } from '../../errors.ts'
import type { ServiceState } from '../../workflows/messages.ts'
import { address, deploymentMeant, platformOf } from '../address.ts'
import { commandFor, renderView } from '../live-view.ts'
import { createObserver } from '../observing.ts'
import type { Action } from '../options.ts'
import type { Output } from '../output.ts'
import watch from './watch.ts'

/** A deployment as it is now, and its service. */
const status: Action = async (out, options, named) => {
  if (options.watch) return watch(out, options, named)
  const meant = await address(options, named)
  const client = await connect({ ...options, config: meant.config })
  const id = await deploymentMeant(client, meant)
  const [deployment, service, plan, seen] = await Promise.all([
    client.state(id),
    client.service(meant.target),
    client.plan(id),
    createObserver(platformOf(meant.config, meant.target.location), meant.target)(),
  ])
  const { observed } = seen
  out.object({ deployment, service, observed })
  const view = { state: deployment, plan, observed, now: Date.now() }
  for (const line of renderView(view, out)) out.line(line)
  out.line()
  for (const line of serviceLines(service, out)) out.line(`  ${line}`)
  if (observed?.endpoint) out.line(`  reached at ${observed.endpoint}`)
  return exitCodes.done
}

export default status

function serviceLines(service: ServiceState, { colour }: Output): string[] {
  const { target, stable, queue, queuePaused, frozen, blocked } = service
  const lines = [`stable: ${stable?.id ?? 'nothing yet'}`]
  if (queue.length > 0) lines.push(`queue: ${queue.map((entry) => `#${entry.number} ${entry.version}`).join(', ')}`)
  if (queuePaused)
    lines.push(colour.yellow(`the queue is paused: ${queuePaused}; ${commandFor({ target }, 'resume')} --queue`))
  if (frozen) lines.push(colour.yellow(`frozen by ${frozen.by}: ${frozen.reason}`))
  if (blocked) lines.push(colour.red(`the way back of ${blocked} is blocked`))
  return lines
}
