import * as z from 'zod'
import { command, duration, filledText, flag, mapping, portNumber, text, webAddress } from './scalars.ts'

export const checkPhases = ['before-traffic', 'after-activation', 'monitor'] as const
export const stageNames = ['package', 'validate', 'prepare', 'execute', 'activate'] as const
export const hookPoints = [
  ...stageNames.flatMap((stage) => [`before-${stage}`, `after-${stage}`] as const),
  'before-rollback',
  'after-rollback',
] as const

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const
const targetPhrase = 'a path such as /healthz, or an address such as https://example.com/health'
const target = z.string(targetPhrase).regex(/^(?:\/\S*|https?:\/\/[^\s/]+\S*)$/, targetPhrase)
const statusPhrase = 'a status from 100 to 599'
const status = z.int(statusPhrase).min(100, statusPhrase).max(599, statusPhrase)

const tcpPattern = /^(?:([\w.-]+|\[[0-9a-fA-F:]+\]):)?(\d{1,5})$/
const tcpPhrase = 'a port, host:port, or { host, port }'

const checkFields = {
  name: filledText.max(63, 'at most 63 characters').optional(),
  http: z
    .union(
      [
        target,
        mapping(
          {
            path: target.meta({ description: 'A path at the service, or a whole address.' }),
            method: z.enum(methods, `one of ${methods.join(', ')}`).optional(),
            status: z
              .union([status, z.array(status, statusPhrase).min(1, 'at least one status')], statusPhrase)
              .optional()
              .meta({ description: 'Statuses that are well. Default 200 to 206.' }),
            body: filledText.optional().meta({ description: 'A text that the body must contain.' }),
          },
          targetPhrase,
        ),
      ],
      targetPhrase,
    )
    .optional()
    .meta({ description: 'An HTTP request to the service (a path) or anywhere (an address).' }),
  tcp: z
    .union(
      [
        z.literal(true),
        portNumber,
        z
          .string(tcpPhrase)
          .regex(tcpPattern, tcpPhrase)
          .refine((value) => {
            const port = Number(tcpPattern.exec(value)?.[2])
            return port >= 1 && port <= 65535
          }, tcpPhrase),
        mapping({ host: filledText.optional(), port: portNumber.optional() }),
      ],
      tcpPhrase,
    )
    .optional()
    .meta({ description: 'A TCP connection; `true` for the service itself.' }),
  command: command.optional().meta({ description: 'Well when it exits with 0.' }),
  timeout: duration.optional().meta({ description: 'Of one try. Default 5s.' }),
  retries: z
    .int('a whole number from 0 to 100')
    .min(0, 'at least 0')
    .max(100, 'at most 100')
    .optional()
    .meta({ description: 'Tries after the first. Default 2.' }),
  retryDelay: duration.optional().meta({ description: 'Between tries. Default 1s.' }),
}

const oneAction = (value: { http?: unknown; tcp?: unknown; command?: unknown }) =>
  [value.http, value.tcp, value.command].filter((action) => action != null).length === 1
const checkPhrase = 'a path such as /healthz, or a mapping with one of http, tcp, command'

/** A list whose items' own names are all different. */
const distinctNames = (list: readonly unknown[]) => {
  const names = list.flatMap((item) => {
    const name = (item as { name?: unknown } | null)?.name
    return typeof name === 'string' ? [name] : []
  })
  return names.length === new Set(names).size
}
const namesPhrase = 'names that are all different'

const check = z.union(
  [
    target,
    mapping(
      {
        ...checkFields,
        when: z
          .array(z.enum(checkPhases, `one of ${checkPhases.join(', ')}`), 'a list of phases')
          .min(1, 'at least one phase')
          .optional()
          .meta({ description: 'When it runs. Default: all of them.' }),
      },
      checkPhrase,
    ).refine(oneAction, 'exactly one of http, tcp, command'),
  ],
  checkPhrase,
)

export const checks = z
  .array(check, 'a list of checks')
  .max(100, 'at most 100 checks')
  .refine(distinctNames, namesPhrase)
  .meta({ id: 'checks', description: 'Checks before traffic, after activation, and while it is watched.' })

export const verify = z
  .array(
    z.union(
      [target, mapping(checkFields, checkPhrase).refine(oneAction, 'exactly one of http, tcp, command')],
      checkPhrase,
    ),
    'a list of checks',
  )
  .max(100, 'at most 100 checks')
  .refine(distinctNames, namesPhrase)
  .meta({ id: 'verify', description: 'Checks against the preview, before any traffic.' })

const reaction = z.enum(['proceed', 'rollback', 'pause'], 'one of proceed, rollback, pause')
export const checkPolicy = mapping(
  {
    onDegraded: reaction.optional().meta({ description: 'When a minority of checks fails. Default proceed.' }),
    onUnhealthy: reaction.optional().meta({ description: 'When more fail. Default rollback.' }),
  },
  'a mapping with onDegraded, onUnhealthy',
).meta({ id: 'checkPolicy', description: 'What failing checks do.' })

const hook = mapping(
  {
    name: filledText.max(63, 'at most 63 characters').optional(),
    at: z.enum(hookPoints, `one of ${hookPoints.join(', ')}`).meta({ description: 'Before or after which stage.' }),
    http: z
      .union(
        [
          webAddress,
          mapping({
            url: webAddress,
            method: z.enum(methods, `one of ${methods.join(', ')}`).optional(),
            headers: z
              .record(
                z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, 'the name of a header'),
                text.regex(/^[^\r\n]*$/, 'a text of one line'),
                'a mapping of headers',
              )
              .optional()
              .meta({ description: 'A value `env:NAME` or `file:path` is read where the hook runs.' }),
          }),
        ],
        'an address, or { url, method, headers }',
      )
      .optional(),
    command: command.optional(),
    timeout: duration.optional().meta({ description: 'Default 1m.' }),
    onFailure: z.enum(['fail', 'warn'], 'fail or warn').optional().meta({ description: 'Default fail.' }),
    once: flag.optional().meta({ description: 'Tried once; a lost answer asks a person.' }),
    irreversible: flag.optional().meta({ description: 'A migration that no older version can run after.' }),
  },
  'a mapping with `at` and one of http, command',
).refine((value) => (value.http == null) !== (value.command == null), 'exactly one of http, command')

export const hooks = z
  .array(hook, 'a list of hooks')
  .max(100, 'at most 100 hooks')
  .refine(distinctNames, namesPhrase)
  .meta({ id: 'hooks', description: 'What runs before and after stages, and on the way back.' })

export { tcpPattern }
