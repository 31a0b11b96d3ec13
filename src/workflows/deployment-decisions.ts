import { defineSignal, getExternalWorkflowHandle, setHandler } from '@temporalio/workflow'
import { TidegateError } from '../errors.ts'
import { refuseAtGate, signed, takeDecisions } from './decisions.ts'
import type { DeploymentRecord } from './deployment-record.ts'
import { type Decision, type DecisionName, type Gate, internalNames } from './messages.ts'
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
      if (name === 'resume') state.paused = false
      if (strategys.includes(name) && state.strategyWorkflow) return passOn(record, name, decision)
      if (state.gate) record.answer(name, decision)
      return words[name]
    },
  })

  setHandler(defineSignal<[{ by: string; version: string }]>(internalNames.supersede), ({ by, version }) => {
    if (isOver(state.status) || record.stop) return
    record.stop = { cause: 'superseded', text: `superseded by ${version} (${by})` }
    cancelForward()
  })
  setHandler(defineSignal<[{ gate: Gate | null; paused: boolean }]>(internalNames.strategyGate), ({ gate, paused }) => {
    state.paused = paused
    record.setGate(gate)
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
  const id = record.state.strategyWorkflow
  try {
    if (id) await getExternalWorkflowHandle(id).signal(name, decision)
    if (name === 'promote') record.setGate(null)
    return `Passed on to ${id}.`
  } catch {
    return 'The strategy had just ended: nothing was left to decide.'
  }
}
