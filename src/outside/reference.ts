import { readFile } from 'node:fs/promises'
import { TidegateError } from '../errors.ts'

/**
 * A value of the spec, or what it refers to: `env:NAME` and `file:path` are read here, where it is used, so that
 * the value itself is in no history, record or log. `what` says in an error whose value it is.
 * @throws `input.invalid` when there is nothing where it refers to
 */
export async function readReference(value: string, what: string): Promise<{ value: string; secret: boolean }> {
  const [, kind, place = ''] = /^(env|file):(.+)$/.exec(value) ?? []
  if (kind === undefined) return { value, secret: false }
  const read = kind === 'env' ? process.env[place] : await readFile(place, 'utf8').catch(() => undefined)
  if (read !== undefined && read.trim() !== '') return { value: read.trim(), secret: true }
  throw new TidegateError('input.invalid', {
    detail: `${what} refers to ${value}, which has no value where the worker runs`,
    remedy: 'Set it where the worker runs, or correct the reference.',
  })
}
