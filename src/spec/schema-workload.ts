import * as z from 'zod'
import { whole } from './removable.ts'
import {
  command,
  dnsName,
  duration,
  filledText,
  mapping,
  portNumber,
  portReference,
  quantity,
  text,
  variableName,
} from './scalars.ts'

const replicasPhrase = 'a number such as 3, or a range such as 3..20'
const count = z.int(replicasPhrase).min(0, replicasPhrase).max(10_000, 'at most 10000')
export const rangePattern = /^(\d{1,5})\.\.(\d{1,5})$/

export const replicas = whole(
  z
    .union(
      [
        count,
        z
          .string(replicasPhrase)
          .regex(rangePattern, replicasPhrase)
          .refine((value) => {
            const [, min, max] = rangePattern.exec(value) ?? []
            return Number(min) >= 1 && Number(min) <= Number(max) && Number(max) <= 10_000
          }, 'a range whose first number is 1 or more and not above its second'),
        mapping({ min: count.min(1, 'at least 1'), max: count }, replicasPhrase).refine(
          (value) => value.min <= value.max,
          'a `min` that is not above `max`',
        ),
      ],
      replicasPhrase,
    )
    .meta({
      id: 'replicas',
      description: 'How many instances: `3`, or `3..20` where the platform scales between the two.',
    }),
)

const threshold = z.int('a whole number from 1 to 1000').min(1, 'at least 1').max(1000, 'at most 1000')
const pathPhrase = 'a path that begins with "/", such as /healthz'
const urlPath = z.string(pathPhrase).regex(/^\/\S*$/, pathPhrase)
const actionNames = ['http', 'tcp', 'command', 'grpc'] as const
const probePhrase = 'a path such as /healthz, or a mapping with one of http, tcp, command, grpc'

const probeObject = mapping(
  {
    http: whole(z.union([urlPath, mapping({ path: urlPath, port: portReference.optional() }, pathPhrase)], pathPhrase))
      .optional()
      .meta({ description: 'Ready when a GET answers with 200 to 399.' }),
    tcp: z
      .union([z.literal(true), portReference], 'true, or a port by number or name')
      .optional()
      .meta({ description: 'Ready when the port accepts a connection; `true` for the first port.' }),
    command: command.optional().meta({ description: 'Ready when it exits with 0.' }),
    grpc: whole(
      z.union(
        [z.literal(true), portReference, mapping({ port: portReference.optional(), service: filledText.optional() })],
        'true, a port, or { port, service }',
      ),
    )
      .optional()
      .meta({ description: "gRPC's health protocol." }),
    initialDelay: duration.optional().meta({ description: 'Before the first probe. Default 0.' }),
    interval: duration.optional().meta({ description: 'Between probes. Default 10s.' }),
    timeout: duration.optional().meta({ description: 'Of one probe. Default 1s.' }),
    failureThreshold: threshold.optional().meta({ description: 'Failures in a row that count. Default 3.' }),
    successThreshold: threshold.optional().meta({ description: 'Successes in a row that count. Default 1.' }),
  },
  probePhrase,
).refine((value) => actionNames.filter((name) => value[name] != null).length <= 1, {
  message: 'only one of http, tcp, command, grpc',
})

export const probe = z
  .union([urlPath, probeObject], probePhrase)
  .meta({ id: 'probe', description: 'A path such as `/healthz`, or one of http, tcp, command, grpc in full.' })

const duplicates = (names: readonly string[]) => names.length !== new Set(names).size

const ports = z
  .union(
    [
      z
        .array(
          z.union(
            [portNumber, mapping({ name: dnsName, port: portNumber }, 'a port, or { name, port }')],
            'a port, or { name, port }',
          ),
          'a list of ports',
        )
        .refine(
          (list) => !duplicates(list.map((item) => String(typeof item === 'number' ? item : item.port))),
          'ports that are all different',
        )
        .refine(
          (list) => !duplicates(list.flatMap((item) => (typeof item === 'number' ? [] : [item.name]))),
          'names that are all different',
        ),
      z.record(dnsName, portNumber, 'a mapping of names to ports'),
    ],
    'a list of ports, or a mapping of names to ports',
  )
  .meta({ id: 'ports', description: 'Ports by name: `{ http: 8080, admin: 9000 }`, or a list.' })

const secretPhrase =
  'a reference: env:NAME, file:path, or the name of a secret that the platform keeps (name or name/key)'
const secretFrom = z
  .string(secretPhrase)
  .max(512, secretPhrase)
  .regex(/^(?:env:[A-Za-z_][A-Za-z0-9_]*|file:\S+|(?:secret:)?[a-z0-9][a-z0-9.-]*(?:\/[\w.-]+)?)$/, secretPhrase)
const secretNamePhrase = 'the name of a variable or of a secret'
const secretName = z.string(secretNamePhrase).regex(/^[A-Za-z_0-9][\w.-]*$/, secretNamePhrase)

const secrets = z
  .union(
    [
      z.array(
        z.union([secretFrom, mapping({ name: secretName, from: secretFrom }, secretPhrase)], secretPhrase),
        'a list of references',
      ),
      z.record(secretName, secretFrom, 'a mapping of variables to references'),
    ],
    'a list of references, or a mapping of variables to references',
  )
  .meta({
    description: 'Secrets by reference, never by value: `[checkout-db]`, or `{ DATABASE_URL: env:DATABASE_URL }`.',
  })

const env = z
  .record(
    variableName,
    z.union([text, z.number(), z.boolean()], 'a text, a number, true or false (a secret goes to `secrets`)'),
    'a mapping of variables to values',
  )
  .meta({ id: 'env', description: 'Environment variables.' })

const amounts = z.record(
  z.string().regex(/^[a-z0-9][a-z0-9./-]*$/, 'a resource such as cpu, memory or nvidia.com/gpu'),
  quantity,
  'a mapping of resources to quantities',
)

/** Fields of `workload` that may also stand at the top. */
export const shortWorkload = {
  command: command.optional(),
  args: z.array(text, 'a list of texts').optional().meta({ description: 'Arguments after the command.' }),
  env: env.optional(),
  secrets: secrets.optional(),
  port: portNumber.optional().meta({ description: 'Short for `ports: { http: … }`.' }),
  replicas: replicas.optional(),
  ready: probe.optional().meta({ description: 'Short for `probes.readiness`: `/healthz`.' }),
}

export const workload = mapping(
  {
    ...shortWorkload,
    ports: ports.optional(),
    resources: mapping({ requests: amounts.optional(), limits: amounts.optional() }, 'a mapping with requests, limits')
      .optional()
      .meta({ description: 'Requests and limits per resource.' }),
    probes: mapping(
      { startup: probe.optional(), readiness: probe.optional(), liveness: probe.optional() },
      'a mapping with startup, readiness, liveness',
    )
      .optional()
      .meta({ description: 'Probes in full.' }),
    gracePeriod: duration
      .optional()
      .meta({ description: 'Between being asked to stop and being killed. Default 30s.' }),
  },
  'a mapping',
).meta({ description: 'What runs.' })
