/** Whether a platform can carry a plan, said in sentences that name what would work. Pure. */
import { TidegateError } from '../errors.ts'
import type { PlatformFacts } from './capabilities.ts'
import { splitReplicas, weightOf } from './counts.ts'
import type { ArtifactKind, CanaryOptions, Plan } from './model.ts'

/** @throws `artifact.unsupported` */
export function carryArtifact(kind: ArtifactKind, platform: PlatformFacts): void {
  const takes = platform.capabilities.artifacts
  if (takes.includes(kind)) return
  throw new TidegateError('artifact.unsupported', { platform: platform.name, kind, takes: takes.join(', ') })
}

/** Notes about what the platform makes of the plan. @throws `strategy.unsupported` */
export function carryPlan(plan: Plan, platform: PlatformFacts): string[] {
  const { capabilities } = platform
  const { strategy } = plan
  const refuse = (what: string, why: string, remedy: string): never => {
    throw new TidegateError('strategy.unsupported', { platform: platform.name, strategy: what, why, remedy })
  }
  if (!capabilities.strategies.includes(strategy.name)) {
    refuse(strategy.name, 'it has no such strategy', `Use ${capabilities.strategies.join(' or ')}.`)
  }
  const notes: string[] = []
  if (strategy.name === 'canary') {
    const weights = strategy.options.steps.map((step) => step.weight).filter((weight) => weight > 0 && weight < 100)
    const [first] = weights
    if (first !== undefined && capabilities.weights === 'all-or-nothing') {
      const others = capabilities.strategies.filter((name) => name !== 'canary').join(' or ')
      refuse(`a canary of ${first} %`, 'its traffic is all on one release or all on the other', `Use ${others}.`)
    }
    if (capabilities.weights === 'by-replicas') notes.push(...byReplicas(weights, plan, refuse))
    if (strategy.options.require === 'certified' && !measures(strategy.options)) {
      const remedy = capabilities.traffic
        ? 'Give it an analysis such as { errors: 1% }, or leave out `require: certified`.'
        : 'Leave out `require: certified`.'
      refuse('a canary with `require: certified`', 'nothing would be measured that could prove it', remedy)
    }
  }
  if (strategy.name === 'blue-green' && strategy.options.verify.length > 0 && !capabilities.preview) {
    refuse('blue-green with `verify`', 'it has no preview to check', 'Leave out `verify`, and use `checks`.')
  }
  if (strategy.name === 'canary' || strategy.name === 'blue-green') {
    const measured = strategy.name === 'canary' ? measures(strategy.options) : strategy.options.analysis !== undefined
    if (!measured) notes.push('With nothing to measure, health and restarts are the measure.')
  }
  if (strategy.name === 'recreate')
    notes.push('recreate stops the old release before it starts the new one: there is a gap.')
  return notes
}

const measures = (options: CanaryOptions) =>
  options.analysis !== undefined || options.steps.some((step) => step.analysis !== undefined)

/** Where counts of replicas are the weights: what each weight really gives, refused above twice what was asked. */
function byReplicas(
  weights: readonly number[],
  plan: Plan,
  refuse: (what: string, why: string, remedy: string) => never,
): string[] {
  const replicas = 'replicas' in plan.scale ? plan.scale.replicas : plan.scale.min
  return weights.flatMap((asked) => {
    const given = Math.round(weightOf(splitReplicas(replicas, asked)))
    const line = `${asked} % of ${replicas} → ${given} %`
    if (replicas < 2 || given > 2 * asked) {
      const enough = replicasFor(asked)
      const why = replicas < 2 ? `${replicas} can't be shared` : `${line} is more than twice what was asked`
      refuse(`a weight of ${asked} %`, why, `Use ${enough} or more replicas, or greater weights, or blue-green.`)
    }
    return given === asked ? [] : [`Weights are given by counts of instances here: ${line}.`]
  })
}

/** The least count of replicas that gives a weight no more than twice over. */
export function replicasFor(weight: number): number {
  let replicas = 2
  while (weightOf(splitReplicas(replicas, weight)) > 2 * weight) replicas++
  return replicas
}
