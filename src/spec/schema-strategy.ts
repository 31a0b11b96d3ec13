import * as z from 'zod'
import { countOrPercent, dnsName, duration, flag, mapping, percent } from './scalars.ts'
import { verify } from './schema-checks.ts'

export const strategyNames = ['canary', 'blue-green', 'rolling', 'recreate'] as const

const reaction = z.enum(['proceed', 'rollback', 'pause'], 'one of proceed, rollback, pause')
const analysisPhrase = 'true, false, or a mapping such as { errors: 1% }'

const metric = z.union(
  [
    mapping({ name: dnsName.optional(), kind: z.literal('errors'), max: percent }),
    mapping({ name: dnsName.optional(), kind: z.literal('latency'), max: duration }),
  ],
  'a metric: { kind: errors, max: 1% } or { kind: latency, max: 500ms }',
)

const analysisObject = mapping(
  {
    errors: percent.optional().meta({ description: 'The share of requests that may fail: `1%`.' }),
    latency: duration.optional().meta({ description: 'What the 99th percentile may reach: `500ms`.' }),
    metrics: z.array(metric, 'a list of metrics').max(50, 'at most 50 metrics').optional(),
    judge: z.literal('threshold', 'threshold').optional().meta({ description: 'How measurements become a verdict.' }),
    interval: duration.optional().meta({ description: 'Length of one measurement.' }),
    minRequests: z
      .int('a whole number of 0 or more')
      .min(0, 'at least 0')
      .max(1_000_000_000, 'at most 1000000000')
      .optional()
      .meta({ description: 'Requests that the candidate must have had before it is judged.' }),
    failureLimit: z
      .int('a whole number from 0 to 1000')
      .min(0, 'at least 0')
      .max(1000, 'at most 1000')
      .optional()
      .meta({ description: 'Measurements over the limit that are tolerated. Default 1.' }),
    onInconclusive: reaction.optional(),
    onNoData: reaction.optional(),
  },
  analysisPhrase,
)

export const analysis = z.union([flag, analysisObject], analysisPhrase).meta({
  id: 'analysis',
  description: 'What is measured on live traffic: `{ errors: 1%, latency: 500ms }`; false for nothing.',
})

const weightPhrase = 'a weight: a number from 0 to 100, in percent'
export const weight = z.number(weightPhrase).min(0, weightPhrase).max(100, weightPhrase)
export const pause = z
  .union([z.literal('manual'), duration], 'a time such as 5m, or manual')
  .meta({ id: 'pause', description: 'How long a step lasts: `5m`, or `manual` until a person promotes.' })

const step = z.union(
  [
    weight,
    mapping(
      { weight, pause: pause.optional(), analysis: analysis.optional() },
      'a weight, or { weight, pause, analysis }',
    ),
  ],
  'a weight, or { weight, pause, analysis }',
)

/** Each weight greater than the one before, named by its own place. */
const steps = z
  .array(step, 'a list of weights or steps, such as [10, 50]')
  .min(1, 'at least one step')
  .max(100, 'at most 100 steps')
  .superRefine((list, context) => {
    let before: number | null = null
    for (const [index, item] of list.entries()) {
      const value = typeof item === 'number' ? item : item?.weight
      if (typeof value !== 'number') continue
      if (before !== null && value <= before) {
        const path = typeof item === 'number' ? [index] : [index, 'weight']
        context.addIssue({ code: 'custom', path, message: `a weight greater than the one before (${before})` })
      }
      before = value
    }
  })
  .meta({
    id: 'steps',
    description: 'Weights in percent, ascending: `[10, 50]`, or `{ weight, pause, analysis }` each.',
  })

export const requirement = z
  .enum(['no-harm', 'certified'], 'no-harm or certified')
  .meta({ description: '`no-harm` goes on unless harm is shown; `certified` only when proven good.' })

const canaryCommon = {
  pause: pause.optional().meta({ description: 'Of each step that has none of its own.' }),
  analysis: analysis.optional().meta({ description: 'In the background, over the whole canary.' }),
  require: requirement.optional(),
}

const canary = z.union(
  [steps, mapping({ steps: steps.optional(), ...canaryCommon }, 'a list of weights, or { steps, … }')],
  'a list of weights such as [10, 50], or { steps, pause, analysis, require }',
)

const blueGreen = mapping(
  {
    verify: verify.optional(),
    autoPromote: flag.optional().meta({ description: 'Switch by itself once verified. Default true.' }),
    promoteTimeout: duration
      .optional()
      .meta({ description: 'How long it waits for a person, then goes back. Default 0: for ever.' }),
    monitor: duration.optional().meta({ description: 'How long it is watched after the switch. Default 5m.' }),
    scaleDownDelay: duration.optional().meta({ description: 'How long the old release stays, at least. Default 30s.' }),
    analysis: analysis.optional().meta({ description: 'While it is watched.' }),
  },
  'a mapping',
).meta({ id: 'blueGreen', description: 'All traffic at once, with the old release whole beside it.' })

const rolling = mapping(
  {
    maxSurge: countOrPercent.optional().meta({ description: 'Instances above the count. Default 25%, rounded up.' }),
    maxUnavailable: countOrPercent
      .optional()
      .meta({ description: 'Instances below the count. Default 25%, rounded down.' }),
  },
  'a mapping',
).meta({ id: 'rolling', description: 'Instances are replaced a few at a time.' })

const strategyPhrase = `one of ${strategyNames.join(', ')}, or a mapping such as { canary: [10, 50], pause: 5m }`

const strategyObject = mapping(
  {
    canary: canary.optional().meta({ description: 'A share of the traffic, step by step.' }),
    'blue-green': blueGreen.optional(),
    rolling: rolling.optional(),
    recreate: mapping({}).optional().meta({ description: 'Stop all, then start: has a gap.' }),
    ...canaryCommon,
  },
  strategyPhrase,
).refine((value) => strategyNames.filter((name) => value[name] != null).length <= 1, {
  message: `only one of ${strategyNames.join(', ')}`,
})

export const strategy = z
  .union([z.enum(strategyNames), strategyObject], strategyPhrase)
  .meta({ id: 'strategy', description: 'How traffic moves from the old version to the new: by name, or in full.' })
