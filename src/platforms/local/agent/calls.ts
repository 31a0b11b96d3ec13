/** The verbs of the port as they travel: checked at the agent's door. */

import { z } from 'zod'

const text = z.string().min(1)
const whole = z.int().min(0)
const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/)
const target = z.object({ service: text, environment: text, location: text })
const fence = z.object({ sequence: whole, epoch: z.literal([0, 1]), step: whole })
const release = z.object({ id: text, version: text, digest })
const slot = z.literal(['stable', 'candidate'])
const scale = z.union([z.object({ replicas: whole }), z.object({ min: whole, max: whole })])
const count = z.union([whole, z.templateLiteral([z.int(), '%'])])
const rollout = z.union([z.object({ maxSurge: count, maxUnavailable: count }), z.literal('recreate')])
const pair = z.object({ name: text, value: z.string() })
const percent = z.number().min(0).max(100)

export const callSchemas = {
  targets: z.object({ verb: z.literal('targets') }),
  observe: z.object({ verb: z.literal('observe'), target }),
  traffic: z.object({ verb: z.literal('traffic'), target }),
  logs: z.object({
    verb: z.literal('logs'),
    target,
    query: z.object({ slot: slot.optional(), follow: z.boolean().optional(), tail: whole.optional() }),
  }),
  claim: z.object({
    verb: z.literal('claim'),
    target,
    claim: z.object({
      fence,
      holder: text,
      engine: text,
      takeOver: z.boolean().optional(),
      direct: z.object({ by: z.string(), at: z.string(), release }).optional(),
    }),
  }),
  prepare: z.object({ verb: z.literal('prepare'), target, release, fence }),
  apply: z.object({
    verb: z.literal('apply'),
    target,
    slot,
    goal: z.object({
      release,
      scale: z.union([scale, z.literal('keep')]),
      rollout: rollout.optional(),
      restart: z.string().optional(),
    }),
    fence,
  }),
  route: z.object({
    verb: z.literal('route'),
    target,
    routing: z.object({
      weights: z.object({ stable: percent, candidate: percent }),
      matches: z.array(z.object({ slot, header: pair.optional(), cookie: pair.optional() })).optional(),
      sticky: z.boolean().optional(),
    }),
    fence,
  }),
  promote: z.object({ verb: z.literal('promote'), target, fence }),
  retire: z.object({ verb: z.literal('retire'), target, what: z.literal(['stable', 'candidate', 'all']), fence }),
}

export type Verb = keyof typeof callSchemas
export type Call = { [V in Verb]: z.infer<(typeof callSchemas)[V]> }[Verb]
