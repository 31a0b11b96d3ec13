/** What every request has: who sends it, nothing that is undefined, and a size that can be carried. */
import { userInfo } from 'node:os'
import { TidegateError } from '../errors.ts'

/** Bytes of a request; far below what Temporal refuses, so that a refusal is ours and says what to do. */
const requestLimit = 256 * 1024

/** @throws `input.too-large` */
export function refuseLarge(request: object): void {
  const size = Buffer.byteLength(JSON.stringify(request))
  if (size <= requestLimit) return
  const kib = (bytes: number) => `${Math.ceil(bytes / 1024)} KiB`
  const remedy = 'Put long commands and bodies into files of the artifact.'
  throw new TidegateError('input.too-large', { what: 'The request', size: kib(size), limit: kib(requestLimit), remedy })
}

/** Without the members that say nothing, which would hide what they stand beside. */
export const said = <T extends object>(value: T) =>
  Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined)) as T

/** The person that this process works for, as claimed. */
export const me = () => process.env.TIDEGATE_BY ?? userInfo().username
