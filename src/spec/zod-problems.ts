import { closest, distance } from 'fastest-levenshtein'
import type * as z from 'zod'
import type { SourceDocument } from './document.ts'
import { describe, formatPath, type Path, type Problem } from './problems.ts'

type Issue = z.core.$ZodIssue

/** The known name that was probably meant: a few letters off, or the same without case and hyphens. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  if (known.length === 0 || name.length > 100) return undefined
  const bare = (text: string) => text.toLowerCase().replace(/[-_ ]/g, '')
  const same = known.find((candidate) => bare(candidate) === bare(name))
  if (same !== undefined) return same
  const best = closest(name.toLowerCase(), [...known])
  return distance(name.toLowerCase(), best.toLowerCase()) <=
    (name.length < 4 ? 1 : Math.max(2, Math.floor(name.length / 3)))
    ? best
    : undefined
}

const kinds: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
  record: 'a mapping',
}

/** Every message completes "expected …"; those of the schemas do already, these are for the rest. */
function phrase(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return kinds[String(issue.expected)] ?? String(issue.expected)
    case 'unrecognized_keys': {
      const shape = (issue.inst as { shape?: object } | undefined)?.shape
      return shape === undefined
        ? ''
        : Object.keys(shape)
            .filter((key) => key !== '$schema')
            .join(', ')
    }
    case 'invalid_value':
      return `one of ${(issue.values as unknown[]).map(String).join(', ')}`
    case 'too_small':
      return `at least ${String(issue.minimum)}`
    case 'too_big':
      return `at most ${String(issue.maximum)}`
    default:
      return 'another value'
  }
}

export interface Context {
  document: Pick<SourceDocument, 'file' | 'locate' | 'value'>
  /** Says what was meant by an unknown key that is known elsewhere. */
  misplaced?: (path: Path, key: string) => string | undefined
}

/** All that a schema finds wrong with a document's value, in the words of people. Never throws. */
export function check<T>(schema: z.ZodType<T>, context: Context): Checked<T> {
  const result = schema.safeParse(context.document.value, { error: phrase })
  if (result.success) return { value: result.data, problems: [], broken: [] }
  const found = result.error.issues.flatMap((issue) => problemsOf(issue, [], context))
  return { value: null, problems: found.map((one) => one.problem), broken: found.map((one) => one.at) }
}

export interface Checked<T> {
  value: T | null
  problems: Problem[]
  /** Where the problems are: without these places, the rest can still be judged. */
  broken: Path[]
}

interface Found {
  problem: Problem
  at: Path
}

function problemsOf(issue: Issue, prefix: Path, context: Context): Found[] {
  const path = [...prefix, ...issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))]
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(issue, path, key, context))
  if (issue.code === 'invalid_union') {
    const branch = bestBranch(issue.errors)
    if (branch !== null) return branch.flatMap((inner) => problemsOf(inner, path, context))
  }
  if (issue.code === 'invalid_key') {
    const key = String(path.at(-1))
    return [problem(path, `the key ${describe(key)}`, issue.issues[0]?.message ?? 'another key', context, 'key')]
  }
  return [problem(path, describe(at(context.document.value, path), path), issue.message, context)]
}

/** Of a union's branches, the one whose kind of value fits, so that its own words are heard; null where none fits. */
function bestBranch(branches: readonly Issue[][]): Issue[] | null {
  const fitting = branches.filter(
    (issues) =>
      issues.length > 0 &&
      !issues.some(
        (issue) => issue.path.length === 0 && (issue.code === 'invalid_type' || issue.code === 'invalid_value'),
      ),
  )
  // Of two mappings, the one that knows more of the keys: unknown keys weigh most.
  const cost = (issues: Issue[]) =>
    issues.reduce((sum, issue) => sum + (issue.code === 'unrecognized_keys' ? 10 * issue.keys.length : 1), 0)
  return fitting.sort((a, b) => cost(a) - cost(b))[0] ?? null
}

function unknownKey(issue: Issue, path: Path, key: string, context: Context): Found {
  const known = issue.message === '' ? [] : issue.message.split(', ')
  const meant = context.misplaced?.(path, key) ?? nearest(key, known)
  const expected = known.length === 0 ? 'no keys' : known.length > 1 ? `one of ${issue.message}` : issue.message
  const { problem: plain, at } = problem([...path, key], 'an unknown key', expected, context, 'key')
  return { problem: meant === undefined ? plain : { ...plain, suggestion: meant }, at }
}

function problem(path: Path, found: string, expected: string, context: Context, what?: 'key'): Found {
  const place = context.document.locate(path, what)
  return { problem: { file: context.document.file, ...place, path: formatPath(path), found, expected }, at: path }
}

/** The value at a path, or undefined. */
export function at(value: unknown, path: Path): unknown {
  let inner = value
  for (const part of path) {
    if (inner === null || typeof inner !== 'object' || !Object.hasOwn(inner, part)) return undefined
    inner = (inner as Record<string | number, unknown>)[part]
  }
  return inner
}

/** A copy without the values at these paths. */
export function without(value: unknown, paths: readonly Path[]): unknown {
  if (paths.some((path) => path.length === 0)) return undefined
  if (value === null || typeof value !== 'object') return value
  const inside = (key: string | number) =>
    paths.flatMap((path) => (String(path[0]) === String(key) ? [path.slice(1)] : []))
  const kept = ([key, inner]: [string | number, unknown]) => {
    const rest = without(inner, inside(key))
    return rest === undefined ? [] : [[key, rest] as const]
  }
  if (Array.isArray(value)) return [...value.entries()].flatMap((entry) => kept(entry).map(([, inner]) => inner))
  return Object.fromEntries(Object.entries(value).flatMap(kept))
}
