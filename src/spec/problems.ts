import { TidegateError } from '../errors.ts'

/** Where a value is in a document: keys and indexes from the root. */
export type Path = readonly (string | number)[]

/** One thing that is wrong, in the words a person needs to mend it. */
export interface Problem {
  /** As the person named it; `command line` for flags. */
  file: string
  /** From 1; absent for TypeScript, JavaScript and flags. */
  line?: number
  column?: number
  /** `strategy.canary[1]`; `(root)` for the whole document. */
  path: string
  found: string
  expected: string
  /** For a misspelt key or name: what was probably meant. */
  suggestion?: string
}

/** `strategy.canary[1]`, `environments.production`. */
export function formatPath(path: Path): string {
  let text = ''
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`
    else if (/^[\w$-]+$/.test(part)) text += text === '' ? part : `.${part}`
    else text += `[${JSON.stringify(part.length > 60 ? `${part.slice(0, 60)}…` : part)}]`
  }
  return text === '' ? '(root)' : text
}

/** `tidegate.yaml:7:3  strategy.canary[1]: found 5, expected …`. */
export function formatProblem(problem: Problem): string {
  const place = [problem.file, problem.line, problem.column].filter((part) => part !== undefined).join(':')
  const hint = problem.suggestion === undefined ? '' : ` (did you mean ${problem.suggestion}?)`
  return `${place}  ${problem.path}: found ${problem.found}, expected ${problem.expected}${hint}`
}

/** Everything that is wrong with what a user wrote, at once. Code `spec.invalid`, or `spec.not-found`. */
export class SpecError extends TidegateError {
  readonly problems: readonly Problem[]

  constructor(file: string, problems: readonly Problem[], code: 'spec.invalid' | 'spec.not-found' = 'spec.invalid') {
    super(code, { file, count: problems.length === 1 ? '1 problem' : `${problems.length} problems` })
    this.name = 'SpecError'
    this.problems = problems
  }

  /** One line a problem. */
  format(): string {
    return this.problems.map(formatProblem).join('\n')
  }

  override toJSON() {
    return { ...super.toJSON(), problems: this.problems }
  }
}

/** Problems in the order of the document, each once. */
export function inOrder(problems: readonly Problem[]): Problem[] {
  const seen = new Set<string>()
  return problems
    .filter((problem) => {
      const key = formatProblem(problem)
      return !seen.has(key) && seen.add(key)
    })
    .sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0))
}

/** Keys below which a value may be a secret that someone wrote where only a reference belongs. */
const discreet = new Set(['env', 'secrets', 'headers', 'apiKey', 'webhook', 'slack'])

/** What stands there, for a message: short, and never the value of what may be a secret. */
export function describe(value: unknown, path: Path = []): string {
  if (value === undefined || value === null) return 'nothing'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list'
  if (typeof value === 'object') return 'a mapping'
  if (path.some((part) => typeof part === 'string' && discreet.has(part))) {
    return typeof value === 'string' ? 'a text' : `a ${typeof value}`
  }
  if (typeof value !== 'string') return String(value)
  return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value)
}
