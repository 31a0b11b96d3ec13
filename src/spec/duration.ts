const unit: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** `30s`, `5m`, `1h30m`, `250ms`, `0`. */
export const durationPattern = /^(?:0|(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+)$/

/** The longest time that a spec may name: a year. */
export const longestMs = 365 * 86_400_000

/** Milliseconds of a duration as users write it, or null where it is none (or longer than a year). */
export function parseDuration(text: string | number): number | null {
  if (text === 0) return 0
  if (typeof text !== 'string' || !durationPattern.test(text)) return null
  let total = 0
  for (const [, amount, name] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)) {
    total += Number(amount) * (unit[name as string] as number)
  }
  return total <= longestMs ? Math.round(total) : null
}

/** The shortest way to write a time in ms: `1h30m`, `250ms`, `0`. */
export function formatDuration(ms: number): string {
  let rest = Math.round(ms)
  if (rest === 0) return '0'
  let text = ''
  for (const name of ['d', 'h', 'm', 's', 'ms']) {
    const size = unit[name] as number
    const amount = Math.floor(rest / size)
    if (amount > 0) text += `${amount}${name}`
    rest -= amount * size
  }
  return text
}
