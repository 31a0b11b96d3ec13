/** What the schema can't see: whether the values of merged layers fit each other. Pure. */
import { below, type Leaf, type Leaves } from './layers.ts'
import type { StrategyName } from './model.ts'
import type { Problem } from './problems.ts'
import { nearest } from './zod-problems.ts'

/** Options that each strategy has. */
export const strategyOptions: Readonly<Record<StrategyName, readonly string[]>> = {
  canary: ['steps', 'pause', 'analysis', 'require'],
  'blue-green': ['verify', 'autoPromote', 'promoteTimeout', 'monitor', 'scaleDownDelay', 'analysis'],
  rolling: ['maxSurge', 'maxUnavailable'],
  recreate: [],
}

const artifactOptions: Readonly<Record<string, string>> = {
  exclude: 'path',
  integrity: 'archive',
  workload: 'manifests',
}

const problem = (leaf: Leaf, expected: string, suggestion?: string): Problem => ({
  ...leaf.source.problem(leaf.at, expected, leaf.value),
  ...(suggestion === undefined ? {} : { suggestion }),
})

/** Everything in which the merged values contradict each other. */
export function checkMerged(leaves: Leaves, options: { portsBroken?: boolean } = {}): Problem[] {
  return [
    ...checkArtifact(leaves),
    ...checkStrategy(leaves),
    ...checkProbes(leaves, options.portsBroken === true),
    ...checkPorts(leaves),
  ]
}

function checkArtifact(leaves: Leaves): Problem[] {
  const head = leaves.get('artifact.kind')
  const kind = head?.value
  if (head !== undefined && !leaves.has(`artifact.${kind}`)) {
    return [{ ...problem(head, `a value for \`${kind}\`, or another artifact`), found: 'nothing that is left of it' }]
  }
  return Object.entries(artifactOptions).flatMap(([name, owner]) => {
    const leaf = leaves.get(`artifact.${name}`)
    return leaf === undefined || kind === owner ? [] : [problem(leaf, `\`${name}\` only together with \`${owner}\``)]
  })
}

function checkStrategy(leaves: Leaves): Problem[] {
  const head = leaves.get('strategy.name')
  const options = below(leaves, 'strategy').filter(([name]) => name !== 'name')
  if (head === undefined) {
    return options.map(([, leaf]) => problem(leaf, 'the name of the strategy that it belongs to beside it'))
  }
  const name = head.value as StrategyName
  const problems = options.flatMap(([option, leaf]) => {
    const own = option.split('.')[0] as string
    return strategyOptions[name].includes(own) ? [] : [problem(leaf, `nothing: ${name} has no \`${own}\``)]
  })
  if (leaves.get('traffic')?.value === 'none' && (name === 'canary' || name === 'blue-green')) {
    problems.push(problem(head, 'rolling or recreate, because `traffic` is none: there is nothing to shift'))
  }
  const zero = (leaf: Leaf | undefined) => leaf !== undefined && (leaf.value === 0 || /^0+%$/.test(String(leaf.value)))
  const unavailable = leaves.get('strategy.maxUnavailable')
  if (zero(unavailable) && zero(leaves.get('strategy.maxSurge'))) {
    problems.push(problem(unavailable as Leaf, 'more than 0 here or in maxSurge: otherwise nothing can move'))
  }
  return problems
}

function checkProbes(leaves: Leaves, portsBroken: boolean): Problem[] {
  const names = below(leaves, 'workload.ports').map(([name]) => name)
  return ['startup', 'readiness', 'liveness'].flatMap((name) => {
    const parts = below(leaves, `workload.probes.${name}`)
    const [first] = parts
    if (first === undefined) return []
    const action = leaves.get(`workload.probes.${name}.action`)
    if (action === undefined) return [problem(first[1], `one of http, tcp, command, grpc for the ${name} probe`)]
    const port = portOf(action.value)
    if (typeof port !== 'string' || names.includes(port) || portsBroken) return []
    const known =
      names.length === 0 ? 'a port that is declared (there is none)' : `a declared port: ${names.join(', ')}`
    return [{ ...problem(action, known, nearest(port, names)), found: `the port ${JSON.stringify(port)}` }]
  })
}

/** The port that a probe names, in whichever of its forms. */
function portOf(action: unknown): unknown {
  const [value] = Object.values(action as Record<string, unknown>)
  if ('command' in (action as object)) return undefined
  if (value !== null && typeof value === 'object') return (value as { port?: unknown }).port
  return 'http' in (action as object) ? undefined : value
}

function checkPorts(leaves: Leaves): Problem[] {
  const owners = new Map<unknown, string>()
  return below(leaves, 'workload.ports').flatMap(([name, leaf]) => {
    const other = owners.get(leaf.value)
    owners.set(leaf.value, name)
    return other === undefined ? [] : [problem(leaf, `another number than that of the port ${other}`)]
  })
}
