import { exitCodes } from '../../errors.ts'
import type { Slot } from '../../platforms/port.ts'
import { address, platformOf, wrong } from '../address.ts'
import { countFrom } from '../arguments.ts'
import { timeOf } from '../live-view.ts'
import type { Action } from '../options.ts'

/** What the instances wrote. Asks the platform alone: it works without Temporal. */
const logs: Action = async (out, options, named) => {
  const tail = countFrom('--tail', options.tail ?? '100')
  const { config, target } = await address(options, named)
  const platform = platformOf(config, target.location)
  if (!platform.logs) throw wrong(`${platform.name} has no logs to show`, 'Use the tools of that platform.')
  const left = new AbortController()
  process.once('SIGINT', () => left.abort())
  const query = { tail, follow: options.follow === true, slot: options.slot as Slot | undefined }
  for await (const line of platform.logs(target, query, left.signal)) {
    out.object(line)
    const text = `${out.colour.dim(timeOf(line.at))} ${out.colour.cyan(line.instance)} ${line.line}`
    out.line(line.stream === 'stderr' ? out.colour.yellow(text) : text)
  }
  return exitCodes.done
}

export default logs
