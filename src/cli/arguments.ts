/** Values of flags and arguments, checked. */
import { parseDuration, type Scale } from '../spec/index.ts'
import { wrong } from './address.ts'

/** `3` or `3..20`. @throws `input.invalid` */
export function replicasFrom(text: string): Scale {
  const [, min, max] = /^(\d{1,5})(?:\.\.(\d{1,5}))?$/.exec(text) ?? []
  if (min === undefined || (max !== undefined && Number(max) < Number(min))) {
    throw wrong(`${text} is no number of replicas`, 'It is a number such as 3, or a range such as 3..20.')
  }
  return max === undefined ? { replicas: Number(min) } : { min: Number(min), max: Number(max) }
}

/** A time such as `90s` in milliseconds. @throws `input.invalid` */
export function durationFrom(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const ms = parseDuration(text)
  if (ms === null || ms === undefined) throw wrong(`${flag} is ${text}`, 'It is a time such as 30s, 10m or 1h.')
  return ms
}

/** A whole number of at least 0. @throws `input.invalid` */
export function countFrom(flag: string, text: string): number {
  if (!/^\d{1,7}$/.test(text)) throw wrong(`${flag} is ${text}`, 'It is a number such as 100.')
  return Number(text)
}
