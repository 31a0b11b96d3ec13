/** `npm run bench -- NAME [--quick] [--json]`: measurements against references in the same run. */
import { analysis } from './analysis.ts'
import { service } from './service.ts'

/** One measured figure; `ratio` is value / reference, `goal` the ratio or value it should reach. */
export interface Figure {
  value: number
  unit: string
  reference?: number
  ratio?: number
  goal?: number
  met?: boolean
}

export interface Bench {
  name: string
  figures: Record<string, Figure>
}

const benches: Record<string, (options: { quick: boolean; log: (line: string) => void }) => Promise<Bench>> = {
  analysis,
  service,
}

const args = process.argv.slice(2)
const wanted = args.filter((arg) => !arg.startsWith('--'))
const unknown = wanted.filter((name) => !(name in benches))
if (unknown.length > 0) {
  console.error(`There is no bench ${unknown.join(', ')}. There are: ${Object.keys(benches).join(', ')}.`)
  process.exit(2)
}
const json = args.includes('--json')
const log = (line: string) => void process.stderr.write(`${line}\n`)
for (const [name, bench] of Object.entries(benches)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  const result = await bench({ quick: args.includes('--quick'), log })
  if (json) console.log(JSON.stringify(result))
  else console.table(result.figures)
}
