/** What the Web UI shows as current details: where it is, what it waits for, how to go on. Pure. */
import type { DeploymentState, Gate, ServiceState, StrategyState } from './messages.ts'
import { isOver } from './status.ts'

/** How to answer a gate with nothing but Temporal's own tools. */
export function howToAnswer(id: string, gate: Gate): string {
  const answers = gate.answers.map((name) => `\`${name}\``).join(', ')
  return [
    `Send the signal or update ${answers} with \`{ "by": "<you>" }\`, here or with:`,
    '',
    `    temporal workflow signal -w ${id} --name ${gate.answers[0]} -i '{"by":"<you>"}'`,
  ].join('\n')
}

/** Markdown for a deployment. */
export function deploymentDetails(state: DeploymentState): string {
  const lines = [
    `### ${state.target.service} ${state.version} → ${state.target.environment}: **${state.status}**`,
    state.doing,
    `previous: ${state.previous?.id ?? 'none'}; strategy: ${state.strategy ?? 'none yet'}; by ${state.by}`,
  ]
  if (state.gate) lines.push(`**Waits: ${state.gate.text}**`, howToAnswer(state.id, state.gate))
  else if (state.strategyWorkflow) lines.push(`Traffic is moved by \`${state.strategyWorkflow}\`.`)
  if (!isOver(state.status)) lines.push('To go back: signal `abort`, or cancel this workflow.')
  if (state.outcome) lines.push(state.outcome)
  lines.push(...state.timeline.slice(-10).map((line) => `- ${line.at} ${line.text}`))
  return lines.join('\n\n')
}

/** Markdown for a strategy. */
export function strategyDetails(id: string, state: StrategyState): string {
  const lines = [
    `Step ${Math.min(state.step + 1, state.steps)} of ${state.steps}: **${state.weights.candidate} %** on the candidate, ${state.weights.stable} % on stable`,
    ...state.evidence.map((line) => `- ${line}`),
  ]
  if (state.gate) lines.push(`**Waits: ${state.gate.text}**`, howToAnswer(id, state.gate))
  lines.push(...state.timeline.slice(-10).map((line) => `- ${line.at} ${line.text}`))
  return lines.join('\n\n')
}

/** Markdown for a service. */
export function serviceDetails(state: ServiceState): string {
  const lines = [
    `### ${state.target.service} in ${state.target.environment}`,
    `stable: **${state.stable?.id ?? 'nothing yet'}**`,
    state.running ? `running: \`${state.running.id}\` (${state.running.version})` : 'nothing is running',
  ]
  if (state.queue.length > 0) lines.push(`waiting: ${state.queue.map((q) => `#${q.number} ${q.version}`).join(', ')}`)
  if (state.queuePaused)
    lines.push(`**The queue is paused: ${state.queuePaused}.** Update \`resumeQueue\` lets it go on.`)
  if (state.frozen) lines.push(`**Frozen by ${state.frozen.by}: ${state.frozen.reason}**`)
  if (state.blocked) lines.push(`**The way back of \`${state.blocked}\` is blocked.**`)
  lines.push(...state.history.slice(0, 10).map((h) => `- #${h.number} ${h.version}: ${h.status}`))
  return lines.join('\n\n')
}
