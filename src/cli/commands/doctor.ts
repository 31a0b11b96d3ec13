import { exitCodes } from '../../errors.ts'
import { type Checked, runChecks } from '../doctor-checks.ts'
import type { Action } from '../options.ts'
import type { Output } from '../output.ts'
import { version } from '../version.ts'

/** Checks each requirement and says how to mend it; the exit code is that of the first that is wrong. */
const doctor: Action = async (out, options) => {
  const checks = await runChecks(options)
  const first = checks.find(({ state }) => state === 'wrong')
  const { node } = process.versions
  out.object({ ok: !first, tidegate: version(), node, platform: `${process.platform} ${process.arch}`, checks })
  for (const check of checks) show(check, out)
  out.line(first ? '' : out.colour.green('\nEverything is there.'))
  return first ? (first.exit ?? exitCodes.unreachable) : exitCodes.done
}

export default doctor

function show({ name, state, detail, remedy }: Checked, { line, colour }: Output): void {
  const mark = { ok: colour.green('✔'), wrong: colour.red('✖'), unknown: colour.dim('·') }[state]
  const [first, ...rest] = detail.split('\n')
  line(`${mark} ${name.padEnd(17)} ${state === 'unknown' ? colour.dim(first ?? '') : first}`)
  for (const more of rest) line(`    ${more}`)
  for (const step of remedy?.split('\n') ?? []) line(colour.yellow(`    ${step}`))
}
