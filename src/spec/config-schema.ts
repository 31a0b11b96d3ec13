/** `tidegate.config.yaml` as users write it. */
import * as z from 'zod'
import { dnsName, duration, filledText, flag, mapping, reference, webAddress } from './scalars.ts'
import { strategy } from './schema-strategy.ts'

const addressPhrase = 'host:port, such as localhost:7233'

const temporal = mapping(
  {
    profile: filledText.optional().meta({ description: "Profile of Temporal's own configuration file." }),
    address: z
      .string(addressPhrase)
      .regex(/^[^\s/]+:\d{1,5}$/, addressPhrase)
      .optional()
      .meta({ description: 'host:port' }),
    namespace: filledText.optional(),
    tls: z
      .union(
        [
          flag,
          mapping({
            serverName: filledText.optional(),
            ca: filledText.optional().meta({ description: 'File of the certificate authority.' }),
            cert: filledText.optional().meta({ description: "File of the client's certificate." }),
            key: filledText.optional().meta({ description: "File of the client's key." }),
          }),
        ],
        'true, false, or { serverName, ca, cert, key }',
      )
      .optional(),
    apiKey: reference.optional().meta({ description: 'By reference: `env:TEMPORAL_API_KEY`.' }),
  },
  'a mapping',
).meta({ description: 'Where Temporal is. `TEMPORAL_*` variables win over what is here.' })

const environment = mapping(
  {
    strategy: strategy.optional(),
    approval: flag.optional().meta({ description: 'A person must approve, whatever the spec says.' }),
    locations: z.array(dnsName, 'a list of locations').min(1, 'at least one location').optional(),
    default: flag.optional().meta({ description: 'The environment that is meant when none is named.' }),
  },
  'a mapping with strategy, approval, locations, default',
).meta({ description: 'What holds in an environment where the spec says nothing.' })

const location = z.union(
  [
    mapping({
      platform: z.literal('local'),
      agent: filledText.optional().meta({ description: "The agent's state directory, where it is not this one's." }),
    }),
    mapping({
      platform: z.literal('kubernetes'),
      kubeconfig: filledText.optional(),
      context: filledText.optional(),
      namespace: dnsName.optional(),
    }),
  ],
  'a mapping such as { platform: local }',
)

/** Events are named as the statuses that a deployment enters. */
export const notifyEvents = [
  'pending',
  'awaiting_approval',
  'executing',
  'active',
  'rolling_back',
  'rolled_back',
  'rollback_blocked',
  'failed',
  'aborted',
  'rejected',
  'superseded',
] as const

const events = z
  .array(z.enum(notifyEvents, `one of ${notifyEvents.join(', ')}`), 'a list of events')
  .min(1, 'at least one event')
  .optional()
  .meta({ description: 'Default: what a person wants to hear of: waiting, blocked, and every end.' })

const webhook = z.union([webAddress, reference], 'an address, or a reference: env:NAME or file:path')
const notify = z.union(
  [
    mapping({ webhook: webhook.meta({ description: 'Gets a POST with JSON.' }), events }),
    mapping({
      slack: reference.meta({ description: 'Its webhook, by reference: `env:SLACK_WEBHOOK`.' }),
      events,
    }),
  ],
  '{ webhook, events } or { slack, events }',
)

const atLeastOne = (limit: number) =>
  z.int(`a whole number from 1 to ${limit}`).min(1, 'at least 1').max(limit, `at most ${limit}`)

export const configSchema = mapping(
  {
    $schema: z.string('a text').optional().meta({ description: 'For editors.' }),
    temporal: temporal.optional(),
    environments: z
      .record(dnsName, environment, 'a mapping of environments')
      .optional()
      .meta({ description: 'Defaults per environment.' }),
    locations: z
      .record(dnsName, location, 'a mapping of locations')
      .optional()
      .meta({ description: 'Where services run. Default: `host`, this machine.' }),
    policy: mapping(
      {
        whenBusy: z
          .enum(['queue', 'supersede', 'replace', 'refuse'], 'one of queue, supersede, replace, refuse')
          .optional()
          .meta({ description: 'A deployment meets a busy target. Default queue.' }),
        onFailure: z
          .enum(['pause-queue', 'continue-queue'], 'pause-queue or continue-queue')
          .optional()
          .meta({ description: 'Whether those that wait go on after a failure. Default pause-queue.' }),
        gradualPause: duration
          .optional()
          .meta({ description: 'Between the steps of a gradual rollback. Default 30s.' }),
      },
      'a mapping',
    )
      .optional()
      .meta({ description: 'What happens to deployments that wait.' }),
    retention: mapping(
      { releases: atLeastOne(50).optional().meta({ description: 'Releases kept to go back to. Default 5.' }) },
      'a mapping with releases',
    )
      .optional()
      .meta({ description: 'What is kept.' }),
    notify: z
      .array(notify, 'a list of { webhook } and { slack }')
      .max(50, 'at most 50')
      .optional()
      .meta({ description: 'Who is told of what.' }),
  },
  'a mapping',
).meta({ title: 'Tidegate engine', description: "Tidegate's own configuration." })

export type ConfigFile = z.input<typeof configSchema>
