/** Ranks from 1, in the order of the values; equal values share the mean of their ranks. `ties` = Σ(t³ − t). */
export function midranks(values: readonly number[]): { ranks: number[]; ties: number } {
  const order = values.map((_, i) => i).sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0))
  const ranks = new Array<number>(values.length).fill(0)
  let ties = 0
  for (let from = 0; from < order.length; ) {
    let to = from
    while (to + 1 < order.length && values[order[to + 1] ?? 0] === values[order[from] ?? 0]) to++
    const equal = to - from + 1
    for (const i of order.slice(from, to + 1)) ranks[i] = (from + to) / 2 + 1
    ties += equal ** 3 - equal
    from = to + 1
  }
  return { ranks, ties }
}
