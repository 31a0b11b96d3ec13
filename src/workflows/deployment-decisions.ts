import { defineSignal, getExternalWorkflowHandle, setHandler } from '@temporalio/workflow'
import { TidegateError } from '../errors.ts'
import { refuseAtGate, signed, takeDecisions } from './decisions.ts'
import type { DeploymentRecord } from './deployment-record.ts'
import { readStrategyGate, readSupersede } from './internal-messages.ts'
import { type Decision, type DecisionName, internalNames } from './messages.ts'
import { isOver } from './status.ts'

const goingBack = ['rolling_back', 'rollback_blocked']
/** Decisions that belong to the strategy's own workflow while there is one. */
const strategys: DecisionName[] = ['promote', 'pause', 'resume']

/** A deployment's handlers. What the child owns is passed on to it, so that a person needs one id. */
export function takeDeploymentDecisions(record: DeploymentRecord, cancelForward: () => void): void {
  const { state } = record

  takeDecisions({
    note: record.note,
    answer: (message) => ({ deployment: state.id, status: state.status, message }),
    refuse(name, decision) {
      const facts = { deployment: state.id, status: state.status }
      if (isOver(state.status)) return new TidegateError('deployment.over', facts)
      if (goingBack.includes(state.status) && name !== 'retry' && name !== 'skip') {
        return new TidegateError('decision.nothing-waits', { decision: name, ...facts })
      }
      if (name === 'abort') return null
      if (name === 'pause')
        return state.paused
          ? new TidegateError('decision.nothing-waits', { decision: name, ...facts, status: 'paused already' })
          : null
      if (name === 'resume' && state.paused && decision.gate === undefined) return null
      if (name === 'promote' && decision.full && state.strategyWorkflow) return null
      return refuseAtGate(name, decision, state.gate, facts)
    },
    async take(name, decision) {
      record.note(`${name} ${signed(decision)}`)
      if (name === 'abort') return abort(record, decision, cancelForward)
      if (name === 'pause') state.paused = true
      if (name === 'resume' || decision.full) state.paused = false
      if (strategys.includes(name) && state.strategyWorkflow) return passOn(record, name, decision)
      // A pause in front of a gate, or its end, is no answer to what the gate asks.
      if (state.gate?.answers.includes(name)) record.answer(name, decision)
      return words[name]
    },
  })

  setHandler(defineSignal<[unknown]>(internalNames.supersede), (payload) => {
    const newer = readSupersede(payload)
    if (!newer || isOver(state.status)) return
    const text = `superseded by ${newer.version} (${newer.by})`
    if (goingBack.includes(state.status)) {
      // Forced past: trying again finds the newer owner, and ends.
      record.note(text)
      if (state.gate?.answers.includes('retry')) record.answer('retry', { by: newer.by, reason: text })
    } else if (!record.stop) {
      record.stop = { cause: 'superseded', text }
      cancelForward()
    }
  })
  setHandler(defineSignal<[unknown]>(internalNames.strategyGate), (payload) => {
    const word = readStrategyGate(payload)
    if (!word || !state.strategyWorkflow || goingBack.includes(state.status)) return
    state.paused = word.paused
    record.setGate(word.gate)
  })
}

const words: Record<DecisionName, string> = {
  approve: 'Approved: it goes on.',
  reject: 'Rejected: it ends without having changed anything.',
  promote: 'Promoted: it goes on.',
  pause: 'Paused: it holds before its next stage.',
  resume: 'Resumed.',
  abort: 'Aborting: it goes back to what ran before.',
  retry: 'It tries again.',
  skip: 'Skipped: it is listed as incomplete.',
}

function abort(record: DeploymentRecord, decision: Decision, cancelForward: () => void): string {
  if (record.stop) return 'It is already going back.'
  record.stop = { cause: 'abort', text: `aborted ${signed(decision)}` }
  cancelForward()
  return words.abort
}

async function passOn(record: DeploymentRecord, name: DecisionName, decision: Decision): Promise<string> {
  const { strategyWorkflow: id, gate } = record.state
  // The gate that was open when it was said: by the time it arrives, the next one may be.
  const word = name === 'promote' && !decision.full ? { ...decision, gate: decision.gate ?? gate?.name } : decision
  if (gate?.answers.includes(name)) record.setGate(null)
  try {
    if (id) await getExternalWorkflowHandle(id).signal(name, word)
    return name === 'pause' ? 'Paused: it holds at this step; harm is still acted on.' : words[name]
  } catch {
    return 'The strategy had just ended: nothing was left to decide.'
  }
}
