import type { Measurement, SideCounts } from '../src/analysis/judge.ts'
import { addWindow, noEvidence } from '../src/analysis/sequential/evidence.ts'
import type { SequentialOptions } from '../src/analysis/sequential/options.ts'
import { packEvidence } from '../src/analysis/sequential/pack.ts'
import type { Figure } from './run.ts'

const edges = [50, 200, 1_000]
const options: SequentialOptions = {
  metrics: Array.from({ length: 10 }, (_, i) => ({ name: `latency of route ${i}`, kind: 'latency' as const, edges })),
}

/** Ten metrics of latency are the most that a look and a heartbeat have to carry: three comparisons each. */
export function cost(): Record<string, Figure> {
  const side = (requests: number): SideCounts => ({
    requests,
    errors: 0,
    latency: [...edges, null].map((le, i) => ({ le, count: Math.round(requests / 3 ** i) })),
  })
  const window = (index: number): Measurement => ({ index, from: '', to: '', stable: side(900), candidate: side(100) })
  let evidence = noEvidence(options)
  const looks = 3_000
  let began = performance.now()
  for (let i = 0; i < 2 * looks; i++) {
    if (i === looks) began = performance.now()
    evidence = addWindow(evidence, window(i), options)
  }
  const value = (performance.now() - began) / looks
  const bytes = Buffer.byteLength(JSON.stringify(packEvidence(evidence)))
  return {
    'a look at ten metrics': { value, unit: 'ms', goal: 1, met: value < 1 },
    'evidence of ten metrics in a heartbeat': { value: bytes, unit: 'bytes', goal: 16_384, met: bytes < 16_384 },
  }
}
