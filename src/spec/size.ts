import { TidegateError } from '../errors.ts'

/** What a plan may weigh (bytes of JSON): it travels in workflow inputs, and Temporal refuses payloads of 2 MiB. */
export const largestPlan = 128 * 1024

const kib = (bytes: number) => `${Math.ceil(bytes / 1024)} KiB`

/** @throws `input.too-large` before anything is sent */
export function checkSize(what: string, value: unknown, limit: number, remedy: string): void {
  const size = Buffer.byteLength(JSON.stringify(value))
  if (size > limit) throw new TidegateError('input.too-large', { what, size: kib(size), limit: kib(limit), remedy })
}
