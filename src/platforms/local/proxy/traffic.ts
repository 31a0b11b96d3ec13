import { Counter, Histogram, Registry } from 'prom-client'
import type { Target } from '../../../spec/model.ts'
import type { TrafficReport } from '../../port.ts'

/** Upper bounds in milliseconds: fine where a judge looks at the 99th percentile of a web service. */
const boundsMs = [
  1, 2, 5, 10, 20, 35, 50, 75, 100, 150, 200, 300, 400, 500, 750, 1000, 1500, 2000, 3000, 5000, 10000, 30000,
]

const labelNames = ['service', 'environment', 'location', 'release'] as const
type Labels = Record<(typeof labelNames)[number], string>

/** Requests, errors and latencies per release, since the agent started. */
export class Traffic {
  readonly registry = new Registry()
  readonly #since = new Map<string, { labels: Labels; since: string }>()
  readonly #duration = new Histogram({
    name: 'tidegate_request_duration_seconds',
    help: 'Time until the answer was complete, for requests that clients sent to the service',
    labelNames,
    buckets: boundsMs.map((ms) => ms / 1000),
    registers: [this.registry],
  })
  readonly #errors = new Counter({
    name: 'tidegate_request_errors_total',
    help: 'Answers of 500 and above, and requests that got no answer',
    labelNames,
    registers: [this.registry],
  })

  count(target: Target, release: string, milliseconds: number, failed: boolean): void {
    const labels = { ...target, release }
    const key = keyOf(labels)
    if (!this.#since.has(key)) {
      this.#since.set(key, { labels, since: new Date().toISOString() })
      this.#errors.inc(labels, 0)
    }
    this.#duration.observe(labels, milliseconds / 1000)
    if (failed) this.#errors.inc(labels)
  }

  async report(target: Target): Promise<TrafficReport> {
    const [durations, errors] = await Promise.all([this.#duration.get(), this.#errors.get()])
    const report: TrafficReport = { at: new Date().toISOString(), releases: {} }
    for (const { labels, since } of this.#since.values()) {
      const { release } = labels
      if (keyOf({ ...target, release }) !== keyOf(labels)) continue
      const mine = durations.values.filter((value) => keyOf(value.labels as Labels) === keyOf(labels))
      report.releases[release] = {
        since,
        requests: mine.find(({ metricName }) => metricName?.endsWith('_count'))?.value ?? 0,
        errors: errors.values.find((value) => keyOf(value.labels as Labels) === keyOf(labels))?.value ?? 0,
        latency: mine
          .filter(({ metricName }) => metricName?.endsWith('_bucket'))
          .map(({ labels, value }) => ({ le: milliseconds((labels as { le?: string | number }).le), count: value })),
      }
    }
    return report
  }
}

const keyOf = (labels: Labels) => labelNames.map((name) => labels[name]).join('\n')
const milliseconds = (le: string | number | undefined) => (le === '+Inf' ? null : Math.round(Number(le) * 1000))
