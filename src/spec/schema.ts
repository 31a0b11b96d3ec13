/** `tidegate.yaml` as users write it: one strict schema, from which the JSON Schema for editors is made. */
import * as z from 'zod'
import { removable } from './removable.ts'
import { dnsName, duration, flag, mapping, version } from './scalars.ts'
import { artifact } from './schema-artifact.ts'
import { checkPolicy, checks, hooks } from './schema-checks.ts'
import { analysis, strategy } from './schema-strategy.ts'
import { shortWorkload, workload } from './schema-workload.ts'

const layerFields = {
  version: version
    .optional()
    .meta({ description: 'From here, from --version, or from package.json beside this file.' }),
  artifact: artifact.optional(),
  workload: workload.optional(),
  ...shortWorkload,
  traffic: z
    .enum(['http', 'none'], 'http or none')
    .optional()
    .meta({ description: '`none` for workers and consumers. Default http.' }),
  strategy: strategy.optional(),
  analysis: analysis
    .optional()
    .meta({ description: 'What each step of a canary, and the watch of a blue-green, measures.' }),
  checks: checks.optional(),
  checkPolicy: checkPolicy.optional(),
  hooks: hooks.optional(),
  approval: flag
    .optional()
    .meta({ description: 'Whether a person must approve before anything moves. Default false.' }),
  deadline: duration.optional().meta({ description: 'For the whole deployment, not counting waits for people.' }),
  readyDeadline: duration.optional().meta({ description: 'For instances to become ready. Default 10m.' }),
  bake: duration
    .optional()
    .meta({ description: 'How long it is watched at full traffic before it becomes the stable one.' }),
}

const baseSchema = mapping(layerFields, 'a mapping')
type Fields = z.input<typeof baseSchema>

/** Everything may be left out, and null removes. Lists stay as they are. */
export type Removable<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { [K in keyof T]?: Removable<T[K]> | null }
    : T

/** What an environment changes. */
export type Overlay = Removable<Fields>

/** A service as users write it. */
export interface ServiceSpec extends Fields {
  $schema?: string
  service: string
  environments?: Record<string, Overlay>
}

export const overlaySchema = removable(baseSchema) as z.ZodType<Overlay>

export const specSchema = mapping(
  {
    $schema: z.string('a text').optional().meta({ description: 'For editors.' }),
    service: dnsName.meta({ description: 'Name of the service: a-z, 0-9 and "-".' }),
    ...layerFields,
    environments: z
      .record(dnsName, overlaySchema, 'a mapping of environments')
      .optional()
      .meta({ description: 'What is different in an environment, merged deeply; null removes, lists replace.' }),
  },
  'a mapping that begins with `service:`',
).meta({ title: 'Tidegate service', description: 'A service that Tidegate deploys.' })

/** Keys of `workload` that do not stand at the top, to say where they belong. */
export const workloadOnly = Object.keys(workload.shape).filter((key) => !(key in shortWorkload))
