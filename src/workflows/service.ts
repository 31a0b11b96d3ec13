/** One per target, lives for ever: the lock, the queue, the memory. */

import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common'
import {
  allHandlersFinished,
  CancellationScope,
  ChildWorkflowCancellationType,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  getExternalWorkflowHandle,
  ParentClosePolicy,
  setCurrentDetails,
  setDefaultSignalHandler,
  setHandler,
  startChild,
  WorkflowIdReusePolicy,
  workflowInfo,
} from '@temporalio/workflow'
import type { RestoreGoal } from '../strategies/restore.ts'
import { activitiesOf } from './activity-policies.ts'
import type { deployment } from './deployment.ts'
import { serviceDetails } from './details.ts'
import { readAskTurn, readBlocked } from './internal-messages.ts'
import {
  type AskTurn,
  type DeploymentSummary,
  deploymentWorkflowId,
  internalNames,
  names,
  type ServiceInput,
  type ServiceState,
} from './messages.ts'
import { reconcileWith } from './reconcile.ts'
import { showVisibly, startVisibly } from './search-attributes.ts'
import {
  conclude,
  type Entry,
  limits,
  nextTurn,
  renumber,
  type ServiceMemory,
  serviceState,
  trimmed,
  turnAtOnce,
  upcast,
} from './service-memory.ts'
import { summaryOf, takeServiceRequests } from './service-requests.ts'

/** A service that was started by a request that was then refused closes after this long. */
const idleBeforeClosing = '10 seconds'

export async function service(input: ServiceInput): Promise<void> {
  // "Cancel" in the Web UI is absorbed: nothing may end the memory of a target.
  await CancellationScope.nonCancellable(() => serve(input))
}

async function serve({ target, carried }: ServiceInput): Promise<void> {
  const memory = upcast(carried)
  const run = activitiesOf(target.location)
  /** Looks at the platform that are under way: nothing is started and no turn is given meanwhile. */
  let looking = 1
  const show = () => setCurrentDetails(serviceDetails(serviceState(target, memory)))

  setHandler(defineQuery<ServiceState>(names.state), () => serviceState(target, memory))
  setHandler(defineSignal<[unknown]>(internalNames.askTurn), (payload) => {
    const ask = readAskTurn(payload, target)
    if (ask) noteAsk(memory, ask, target)
  })
  setHandler(defineSignal<[unknown]>(internalNames.blocked), (payload) => {
    const word = readBlocked(payload)
    if (!word || !memory.entries.some((entry) => entry.number === word.number)) return
    if (word.blocked) memory.blocked = word.number
    else if (memory.blocked === word.number) memory.blocked = null
    show()
  })
  setDefaultSignalHandler(() => undefined)
  const settled = () => looking === 0
  const reconcile = async (goal?: RestoreGoal) => {
    looking++
    await reconcileWith(memory, run, target, goal)
    looking--
  }
  const full = () => workflowInfo().historyLength > limits.events || workflowInfo().continueAsNewSuggested
  /** Starts wait for the next run, unless somebody's approval or a paused queue would make that wait without end. */
  const held = () => full() && !memory.entries.some(({ phase }) => phase === 'started' || phase === 'asked')
  takeServiceRequests({
    memory,
    target,
    reconcile,
    show,
    ready: () => condition(settled),
    begun: (entry) =>
      condition(() => entry.begun === true || !memory.entries.includes(entry) || (held() && entry.phase === 'waiting')),
    concluded: (entry) => condition(() => !memory.entries.includes(entry)),
  })

  await reconcile()
  looking--
  if (memory.settings) showVisibly(memory.settings.visibility, { ...target })

  for (;;) {
    show()
    const toFollow = () => memory.entries.find((entry) => entry.found && !entry.begun)
    const toStart = () =>
      settled() ? memory.entries.find((entry) => entry.phase === 'waiting' && (!held() || isUrgent(entry))) : undefined
    const toGrant = () => (settled() ? nextTurn(memory) : null)
    const idle = () => settled() && memory.entries.every((entry) => entry.phase === 'waiting')
    const used = () => memory.nextNumber > 1 || memory.entries.length > 0 || memory.frozen !== null
    const work = () => Boolean(toFollow() ?? toStart() ?? toGrant()) || (full() && idle())
    if (!used()) {
      if (!(await condition(() => work() || used(), idleBeforeClosing)) && allHandlersFinished()) return
      continue
    }
    await condition(work)

    const found = toFollow()
    if (found) void followFound(found)
    const entry = toStart()
    if (entry) await start(entry)
    const next = toGrant()
    if (next) await grant(next)
    if (full() && idle()) {
      await condition(allHandlersFinished)
      const state = trimmed(memory, (value) => JSON.stringify(value).length)
      if (state && idle()) await continueAsNew<typeof service>({ target, carried: state })
    }
  }

  function isUrgent(entry: Entry): boolean {
    return entry.priority || trimmed(memory, (value) => JSON.stringify(value).length) === null
  }

  async function start(entry: Entry): Promise<void> {
    const settings = memory.settings
    if (!settings) return
    const atOnce = turnAtOnce(memory, entry)
    entry.phase = atOnce ? 'running' : 'started'
    const { version } = entry.input
    try {
      const handle = await startChild<typeof deployment>('deployment', {
        workflowId: entry.id,
        args: [{ ...entry.input, settings, turn: atOnce ? { sequence: ++memory.sequence } : null }],
        parentClosePolicy: ParentClosePolicy.ABANDON,
        cancellationType: ChildWorkflowCancellationType.ABANDON,
        // A number is used once, also after this memory was lost: hooks are keyed by it.
        workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
        staticSummary: `${entry.input.kind} ${target.service} ${version} → ${target.environment}`,
        ...startVisibly(settings.visibility, { ...target, version, status: 'pending' }),
      })
      entry.begun = true
      void handle.result().then(
        (summary) => ended(summary, entry),
        () => died(entry),
      )
    } catch (error) {
      // A deployment that this memory does not know has the id; it will ask for its turn by itself.
      if (error instanceof WorkflowExecutionAlreadyStartedError) {
        renumber(memory, entry, (number) => deploymentWorkflowId(target, number))
      } else conclude(memory, summaryOf(entry, 'failed', `it could not be started: ${error}`), entry)
    }
  }

  async function grant(entry: Entry): Promise<void> {
    entry.phase = 'running'
    const turn = { sequence: ++memory.sequence }
    await getExternalWorkflowHandle(entry.id)
      .signal(internalNames.turn, turn)
      .catch(() => undefined)
  }

  /** One that found a newer owner says nothing of what runs now: the platform does. */
  async function ended(summary: DeploymentSummary, entry: Entry): Promise<void> {
    conclude(memory, summary, entry)
    show()
    if (summary.status === 'superseded' && summary.sequence !== undefined) await reconcile()
  }

  /** It ended without a word (terminated, timed out): what it moved may be half done. */
  async function died(entry: Entry): Promise<void> {
    conclude(memory, summaryOf(entry, 'failed', 'its workflow was ended from outside'), entry)
    show()
    await reconcile(entry.input.goal)
  }

  async function followFound(entry: Entry): Promise<void> {
    entry.begun = true
    try {
      const summary = await run('awaitDeployment', { summary: `follow ${entry.id}` }, { id: entry.id })
      await (summary ? ended(summary, entry) : died(entry))
    } catch {
      // No worker for so long, or for so many days: it is followed again.
      entry.begun = false
    }
  }
}

/** A deployment asks for its turn; one that this run does not know was started before the service was lost. */
function noteAsk(memory: ServiceMemory, ask: AskTurn, target: ServiceInput['target']): void {
  const known = memory.entries.find((entry) => entry.number === ask.number)
  if (known) {
    if (known.phase === 'started') known.phase = 'asked'
    return
  }
  memory.nextNumber = Math.max(memory.nextNumber, ask.number + 1)
  const input = { target, ...ask, release: null, plan: undefined as never }
  memory.entries.push({
    id: ask.id,
    number: ask.number,
    phase: 'asked',
    input,
    onFailure: 'pause-queue',
    priority: false,
    found: true,
  })
}
