import { once } from 'node:events'
import { exitCodes } from '../../errors.ts'
import { homeDirectory, readStack } from '../../home.ts'
import { wrong } from '../address.ts'
import type { Action } from '../options.ts'
import { startStack, stopStack } from '../stack.ts'

/** The embedded stack, kept running until Ctrl-C. Its data stays in the state directory. */
const dev: Action = async (out, options) => {
  const home = homeDirectory()
  if (options.stop) {
    const stopped = await stopStack(home)
    out.object({ stopped })
    out.line(stopped ? 'Stopped.' : `Nothing runs for ${home}.`)
    return exitCodes.done
  }
  const other = await readStack(home)
  if (other)
    throw wrong(
      `A stack runs for ${home} already, at ${other.temporalAddress}`,
      'Use it, or end it with `tidegate dev --stop`.',
    )
  const ended = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
  const stack = await startStack({ home, log: (line) => out.note(out.colour.dim(line)) })
  const { temporalAddress, uiAddress, agentAddress, pids } = stack
  out.object({ temporalAddress, uiAddress, agentAddress, home, pids })
  out.line(`Temporal    ${temporalAddress}`)
  out.line(`Web UI      ${uiAddress}`)
  out.line(`agent       ${agentAddress}`)
  out.line(`state       ${home}`)
  out.line(out.colour.dim('Commands in this folder find it. Ctrl-C ends it; its data stays.'))
  // Nothing else that is open keeps this process: the stack's processes are let go of.
  const alive = setInterval(() => undefined, 60_000)
  await ended
  clearInterval(alive)
  out.note('Stopping…')
  await stack.stop(options.leave ? 'leave' : 'stop')
  return exitCodes.done
}

export default dev
