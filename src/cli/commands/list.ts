import Table from 'cli-table3'
import { connect } from '../../client/index.ts'
import { exitCodes } from '../../errors.ts'
import { loadConfig } from '../../spec/index.ts'
import type { Action } from '../options.ts'
import { plainTable } from '../table.ts'

/** Every target, what is stable, and what runs or waits. */
const list: Action = async (out, options) => {
  const config = await loadConfig({ file: options.config })
  const client = await connect({ ...options, config })
  const services = await client.list({ environment: options.environment })
  out.object({ services: services.map(({ history: _, releases: __, ...rest }) => rest) })
  if (services.length === 0) {
    out.line('Nothing was deployed yet. `tidegate init` writes a spec, `tidegate deploy` deploys it.')
    return exitCodes.done
  }
  const table = new Table({
    head: ['service', 'environment', 'location', 'stable', 'running', 'waiting', ''],
    ...plainTable,
  })
  for (const { target, stable, running, queue, frozen, blocked, queuePaused } of services) {
    const marks = [frozen && 'frozen', blocked && 'blocked', queuePaused && 'queue paused'].filter(Boolean).join(', ')
    const now = running ? `#${running.number} ${running.version}` : ''
    table.push([target.service, target.environment, target.location, stable?.id ?? '', now, queue.length || '', marks])
  }
  out.line(table.toString())
  return exitCodes.done
}

export default list
