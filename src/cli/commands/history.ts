import Table from 'cli-table3'
import { connect } from '../../client/index.ts'
import { exitCodes } from '../../errors.ts'
import { address } from '../address.ts'
import { statusText } from '../live-view.ts'
import type { Action } from '../options.ts'
import { plainTable } from '../table.ts'

/** Deployments of a service, newest first, and the releases that can be gone back to. */
const history: Action = async (out, options, named) => {
  const { config, target } = await address(options, named)
  const client = await connect({ ...options, config })
  const { history: past, running, queue, releases, stable } = await client.service(target)
  out.object({ target, running, queue, history: past, releases, stable })
  const table = new Table({ head: ['#', 'version', 'kind', 'strategy', 'status', 'by', 'when', 'why'], ...plainTable })
  if (running) table.push([running.number, running.version, '', '', out.colour.cyan('running'), '', '', ''])
  for (const entry of queue)
    table.push([entry.number, entry.version, '', '', 'waits', entry.by, when(entry.acceptedAt), ''])
  for (const { number, version, kind, strategy, status, by, acceptedAt, outcome } of past) {
    const text = statusText(status, out.colour)
    table.push([number, version, kind, strategy ?? '', text, by, when(acceptedAt), (outcome ?? '').slice(0, 60)])
  }
  out.line(table.toString())
  if (releases.length > 0) out.line(`kept releases: ${releases.map(({ id }) => id).join(', ')}`)
  return exitCodes.done
}

export default history

const when = (iso: string) => iso.slice(0, 19).replace('T', ' ')
