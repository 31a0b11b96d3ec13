/** One per target, lives for ever: the lock, the queue, the memory. */
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
  workflowInfo,
} from '@temporalio/workflow'
import { activitiesOf } from './activity-policies.ts'
import type { deployment } from './deployment.ts'
import { serviceDetails } from './details.ts'
import {
  type AskTurn,
  type DeploymentSummary,
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
  const live = { reconciled: false }
  const show = () => setCurrentDetails(serviceDetails(serviceState(target, memory)))

  setHandler(defineQuery<ServiceState>(names.state), () => serviceState(target, memory))
  setHandler(defineSignal<[AskTurn]>(internalNames.askTurn), (ask) => noteAsk(memory, ask, target))
  setHandler(defineSignal<[{ number: number; blocked: boolean }]>(internalNames.blocked), ({ number, blocked }) => {
    memory.blocked = blocked ? number : memory.blocked === number ? null : memory.blocked
  })
  setDefaultSignalHandler(() => undefined)
  const reconcile = () => reconcileWith(memory, run, target)
  const full = () => workflowInfo().historyLength > limits.events || workflowInfo().continueAsNewSuggested
  takeServiceRequests({
    memory,
    target,
    reconcile,
    ready: () => condition(() => live.reconciled),
    begun: (entry) => condition(() => entry.begun === true || full() || !memory.entries.includes(entry)),
    concluded: (entry) => condition(() => !memory.entries.includes(entry)),
  })

  await reconcile()
  live.reconciled = true
  if (memory.settings) showVisibly(memory.settings.visibility, { ...target })
  for (const entry of memory.entries) if (entry.found) void followFound(entry)

  for (;;) {
    show()
    const toStart = () => memory.entries.find((entry) => entry.phase === 'waiting' && (!full() || isUrgent(entry)))
    const idle = () => memory.entries.every((entry) => entry.phase === 'waiting')
    const unused = memory.nextNumber === 1 && memory.entries.length === 0
    const work = () => toStart() !== undefined || nextTurn(memory) !== null || (full() && idle())
    if (unused) {
      if (!(await condition(() => work() || memory.nextNumber > 1, idleBeforeClosing)) && allHandlersFinished()) return
      continue
    }
    await condition(work)

    const entry = toStart()
    if (entry) await start(entry)
    const next = nextTurn(memory)
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
        staticSummary: `${entry.input.kind} ${target.service} ${version} → ${target.environment}`,
        ...startVisibly(settings.visibility, { ...target, version, status: 'pending' }),
      })
      entry.begun = true
      void handle.result().then(
        (summary) => conclude(memory, summary, entry),
        () => died(entry),
      )
    } catch {
      conclude(memory, summaryOf(entry, 'failed', 'a workflow with its id was already there'), entry)
    }
  }

  async function grant(entry: Entry): Promise<void> {
    entry.phase = 'running'
    const turn = { sequence: ++memory.sequence }
    await getExternalWorkflowHandle(entry.id)
      .signal(internalNames.turn, turn)
      .catch(() => undefined)
  }

  /** It ended without a word (terminated, timed out): what it moved may be half done. */
  async function died(entry: Entry): Promise<void> {
    conclude(memory, summaryOf(entry, 'failed', 'its workflow was ended from outside'), entry)
    await reconcileWith(memory, run, target, entry.input.goal)
  }

  async function followFound(entry: Entry): Promise<void> {
    const summary = await run('awaitDeployment', { summary: `follow ${entry.id}` }, { id: entry.id })
    if (summary) conclude(memory, summary as DeploymentSummary, entry)
    else await died(entry)
  }
}

/** A deployment asks for its turn; one that this run does not know was started before the service was lost. */
function noteAsk(memory: ServiceMemory, ask: AskTurn, target: ServiceInput['target']): void {
  const known = memory.entries.find((entry) => entry.number === ask?.number)
  if (known) {
    if (known.phase === 'started') known.phase = 'asked'
    return
  }
  if (typeof ask?.id !== 'string' || typeof ask.number !== 'number') return
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
