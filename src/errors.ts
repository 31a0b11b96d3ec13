/**
 * The one table of errors. Everything that can go wrong and that a person may see has a row here:
 * the CLI's exit code, the API's status, Temporal's `nonRetryable` and the words all come from it.
 *
 * Pure data and pure functions: workflow code imports this file.
 */

/** What a row says. `message` and `remedy` may name facts in braces: `{service}`. */
export interface ErrorRow {
  readonly message: string
  /** What the person can do about it. */
  readonly remedy: string
  readonly http: number
  readonly exit: number
  /** Whether trying the same thing again can help without anyone changing anything. */
  readonly retryable: boolean
}

/** Exit codes that scripts can tell apart. */
export const exitCodes = {
  done: 0,
  bug: 1,
  badInput: 2,
  unreachable: 3,
  rolledBack: 10,
  failed: 11,
  aborted: 12,
  blocked: 13,
  waiting: 14,
  refused: 15,
} as const

const table = {
  bug: {
    message: 'Something that Tidegate did not expect: {detail}',
    remedy: 'This is a bug. Please report it with the output of `tidegate doctor --json`.',
    http: 500,
    exit: 1,
    retryable: false,
  },

  'spec.invalid': {
    message: '{count} in {file}',
    remedy: 'Correct what is listed; nothing was started.',
    http: 400,
    exit: 2,
    retryable: false,
  },
  'spec.not-found': {
    message: 'There is no {file}',
    remedy: 'Run `tidegate init`, or name a file with --file.',
    http: 400,
    exit: 2,
    retryable: false,
  },
  'input.invalid': { message: '{detail}', remedy: '{remedy}', http: 400, exit: 2, retryable: false },
  'input.too-large': {
    message: '{what} is {size}, and at most {limit} can be carried',
    remedy: '{remedy}',
    http: 413,
    exit: 2,
    retryable: false,
  },

  'temporal.unreachable': {
    message: 'No Temporal server answers at {address}',
    remedy: 'Start one (`tidegate dev`), or choose a profile: TEMPORAL_PROFILE, TEMPORAL_ADDRESS.',
    http: 503,
    exit: 3,
    retryable: true,
  },
  'temporal.denied': {
    message: 'The Temporal server at {address} refused the connection: {detail}',
    remedy: 'Check the API key, the certificates and the namespace of the profile.',
    http: 403,
    exit: 3,
    retryable: false,
  },
  'temporal.unobtainable': {
    message: 'No Temporal server could be had. Tried: {detail}',
    remedy: 'Install the temporal CLI (docs.temporal.io/cli), or set TIDEGATE_TEMPORAL_CLI to its path; or install Go.',
    http: 503,
    exit: 3,
    retryable: true,
  },
  'temporal.unstartable': {
    message: 'The Temporal server {path} does not serve: {detail}',
    remedy: 'See {log}. Set TIDEGATE_TEMPORAL_CLI to the path of another one.',
    http: 503,
    exit: 3,
    retryable: true,
  },
  'worker.absent': {
    message: 'No worker answers for {queue}',
    remedy: 'Start one (`tidegate dev`, or the worker of that location).',
    http: 503,
    exit: 3,
    retryable: true,
  },
  'worker.unstartable': {
    message: 'The worker did not start: {detail}',
    remedy: 'See {log}.',
    http: 503,
    exit: 3,
    retryable: false,
  },
  'agent.unreachable': {
    message: "The local platform's agent does not answer at {address}",
    remedy: 'Start it with `tidegate dev`; services that it started go on running meanwhile.',
    http: 503,
    exit: 3,
    retryable: true,
  },
  'agent.failing': {
    message: "The local platform's agent cannot do it now: {detail}",
    remedy: 'Look at the disk and at agent.log in its state directory; it is tried again.',
    http: 503,
    exit: 3,
    retryable: true,
  },
  'agent.denied': {
    message: 'The agent refused the token',
    remedy: 'Use the token in the state directory of the agent that you address.',
    http: 401,
    exit: 3,
    retryable: false,
  },

  'target.unknown': {
    message: 'Nothing was ever deployed as {service} in {environment}',
    remedy: 'See `tidegate list`; deploy it with `tidegate deploy -e {environment}`.',
    http: 404,
    exit: 2,
    retryable: false,
  },
  'deployment.unknown': {
    message: 'There is no deployment {deployment}',
    remedy: 'See `tidegate history {service} -e {environment}`.',
    http: 404,
    exit: 2,
    retryable: false,
  },
  'deployment.over': {
    message: '{deployment} has already ended: {status}',
    remedy: 'Nothing was changed. See `tidegate status`.',
    http: 409,
    exit: 15,
    retryable: false,
  },
  'decision.nothing-waits': {
    message: 'Nothing is waiting for {decision}: {deployment} is {status}',
    remedy: 'See `tidegate status` for what it does and waits for.',
    http: 409,
    exit: 15,
    retryable: false,
  },
  'decision.other-gate': {
    message: '{decision} named the gate {named}, but the gate that is open is {open}',
    remedy: 'Look at `tidegate status`, and decide about {open} if that is what you mean.',
    http: 409,
    exit: 15,
    retryable: false,
  },
  'decision.invalid': {
    message: 'The decision could not be read: {detail}',
    remedy: 'Send { "by": "<who>", "reason": "<why>" }.',
    http: 400,
    exit: 2,
    retryable: false,
  },

  'deploy.refused-busy': {
    message: '{service} in {environment} is busy with {deployment}',
    remedy: 'Wait for it, or deploy with --when-busy queue, supersede or replace.',
    http: 409,
    exit: 15,
    retryable: false,
  },
  'deploy.refused-frozen': {
    message: '{service} in {environment} is frozen: {reason}',
    remedy: '`tidegate unfreeze {service} -e {environment}` when it may go on. A rollback is allowed at all times.',
    http: 409,
    exit: 15,
    retryable: false,
  },
  'deploy.refused-blocked': {
    message: 'The way back of {deployment} is blocked',
    remedy: 'Settle it with `tidegate retry` or `tidegate skip`, or deploy with --force, which takes the target over.',
    http: 409,
    exit: 13,
    retryable: false,
  },
  'deploy.queue-full': {
    message: '{limit} deployments of {service} already wait',
    remedy: 'Deploy with --when-busy supersede, or abort some of them.',
    http: 429,
    exit: 15,
    retryable: false,
  },
  'rollback.nothing': {
    message: 'There is no earlier release of {service} in {environment} to go back to',
    remedy: 'Name a retained one with --to; see `tidegate history`.',
    http: 409,
    exit: 15,
    retryable: false,
  },
  'rollback.unknown-release': {
    message: '{release} is not among the retained releases of {service} in {environment}',
    remedy: 'Choose one of: {releases}.',
    http: 404,
    exit: 2,
    retryable: false,
  },
  'rollback.irreversible': {
    message: 'A migration of {release} is marked irreversible, so nothing older can run after it',
    remedy: 'Fix forward with a new version.',
    http: 409,
    exit: 15,
    retryable: false,
  },

  'strategy.unsupported': {
    message: '{platform} cannot carry {strategy}: {why}',
    remedy: '{remedy}',
    http: 400,
    exit: 2,
    retryable: false,
  },
  'artifact.unsupported': {
    message: '{platform} does not take an artifact of kind {kind}',
    remedy: 'It takes: {takes}.',
    http: 400,
    exit: 2,
    retryable: false,
  },
  'artifact.missing': {
    message: 'The artifact {artifact} is not in the content store',
    remedy: 'Deploy again from where its files are.',
    http: 409,
    exit: 11,
    retryable: false,
  },
  'artifact.corrupt': {
    message: 'The content of {artifact} does not match its digest: expected {expected}, got {actual}',
    remedy: 'Nothing was used of it. Fetch or build it again.',
    http: 422,
    exit: 11,
    retryable: false,
  },
  'artifact.unavailable': {
    message: '{artifact} could not be fetched: {detail}',
    remedy: 'Check the name, the version and the registry that npm is set to.',
    http: 502,
    exit: 11,
    retryable: true,
  },
  'artifact.not-found': {
    message: 'There is no {artifact}: {detail}',
    remedy: 'Check the name and the version; `npm view {artifact}` shows what the registry has.',
    http: 404,
    exit: 2,
    retryable: false,
  },
  'artifact.denied': {
    message: 'The registry refused {artifact}: {detail}',
    remedy: "Check npm's credentials for it where the worker runs (`npm whoami`).",
    http: 403,
    exit: 3,
    retryable: false,
  },
  'release.unknown': {
    message: 'There is no record of release {release}',
    remedy: 'Deploy that version again.',
    http: 404,
    exit: 11,
    retryable: false,
  },

  'fence.stale': {
    message: 'A newer owner holds {target}: {theirs} is ahead of {ours}',
    remedy: 'Nothing was changed. The newer deployment decides.',
    http: 409,
    exit: 15,
    retryable: false,
  },
  'engine.other': {
    message: '{target} is driven by another engine ({engine})',
    remedy: 'Deploy with --take-over if that one is gone for good.',
    http: 409,
    exit: 15,
    retryable: false,
  },
  'slot.empty': {
    message: 'The {slot} slot of {target} is empty',
    remedy: 'Nothing was changed.',
    http: 409,
    exit: 11,
    retryable: false,
  },
  'routing.unready': {
    message: 'No weight was given to {slot} of {target}: it has no ready instance',
    remedy: 'Look at `tidegate logs`.',
    http: 409,
    exit: 11,
    retryable: false,
  },
  'readiness.deadline': {
    message: '{release} did not become ready within {deadline}: {detail}',
    remedy: 'Look at `tidegate logs`; see `workload.probes` and `deadline`.',
    http: 504,
    exit: 11,
    retryable: false,
  },
  'readiness.crash-loop': {
    message: '{release} keeps crashing: {detail}',
    remedy: 'Look at `tidegate logs`.',
    http: 502,
    exit: 11,
    retryable: false,
  },
  'strategy.failed': {
    message: 'The {strategy} failed: {reason}',
    remedy: 'See the evidence in `tidegate status`, and `tidegate logs`.',
    http: 422,
    exit: 11,
    retryable: false,
  },
  'decision.rejected': {
    message: 'It was rejected {by}',
    remedy: 'Nothing was changed.',
    http: 409,
    exit: 12,
    retryable: false,
  },
  'checks.unhealthy': {
    message: 'Checks failed {when}: {detail}',
    remedy: 'Look at `tidegate logs`, and at the checks in the spec.',
    http: 502,
    exit: 11,
    retryable: false,
  },
  'hook.failed': {
    message: 'The hook {hook} failed: {detail}',
    remedy: 'Mend it, or set its `onFailure: warn`.',
    http: 502,
    exit: 11,
    retryable: false,
  },
  'hook.unknown': {
    message: 'Whether the hook {hook} did its work is unknown: {detail}',
    remedy: 'Look at what it does; a hook that is marked `once` asks a person.',
    http: 504,
    exit: 11,
    retryable: true,
  },
  'deadline.exceeded': {
    message: '{what} took longer than {deadline}',
    remedy: 'Look at the timeline for where the time went; raise `deadline` if that is normal.',
    http: 504,
    exit: 11,
    retryable: false,
  },
} as const satisfies Record<string, ErrorRow>

export type ErrorCode = keyof typeof table
export type Facts = Readonly<Record<string, string | number | undefined>>

/** The row of a code; an unknown code (from a newer build) reads as `bug`. */
export function errorRow(code: string): ErrorRow {
  return (table as Record<string, ErrorRow>)[code] ?? table.bug
}

/** Whether a name is a code of the table. */
export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(table, code)
}

export const errorTable: Readonly<Record<ErrorCode, ErrorRow>> = table

const fill = (text: string, facts: Facts) =>
  text.replace(/\{([\w-]+)\}/g, (_, name: string) => String(facts[name] ?? '?'))

/** An error of the table with its facts filled in. */
export class TidegateError extends Error {
  readonly code: ErrorCode
  readonly facts: Facts
  readonly remedy: string

  constructor(code: ErrorCode, facts: Facts = {}, options?: { cause?: unknown }) {
    super(fill(table[code].message, facts), options)
    this.name = 'TidegateError'
    this.code = code
    this.facts = facts
    this.remedy = fill(table[code].remedy, facts)
  }

  get row(): ErrorRow {
    return table[this.code]
  }

  /** The plain shape for `--json`, HTTP bodies and failure details. */
  toJSON(): ErrorBody {
    return { code: this.code, message: this.message, remedy: this.remedy, facts: this.facts }
  }
}

export interface ErrorBody {
  code: ErrorCode
  message: string
  remedy: string
  facts: Facts
}
