import { existsSync, readFileSync } from 'node:fs'
import { rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { stringify } from 'yaml'
import { exitCodes } from '../../errors.ts'
import { loadSpec, SpecError } from '../../spec/index.ts'
import { wrong } from '../address.ts'
import type { Action, Options } from '../options.ts'

interface Answers {
  service: string
  artifact: string
  command: string
  port: string
  ready: string
  replicas: string
}

/** Writes a spec for this folder: asks on a terminal, otherwise takes flags and what the folder says. */
const init: Action = async (out, options) => {
  const file = options.file ?? 'tidegate.yaml'
  if (existsSync(file) && !options.force)
    throw wrong(`There is a ${file} already`, 'Overwrite it with --force, or name another with --file.')
  const guessed = guess(options)
  const asks = !options.yes && out.live && process.stdin.isTTY === true
  const answers = asks ? await ask(guessed) : guessed
  if (!answers) return exitCodes.aborted
  const text = specText(answers)
  await writeWhereRight(file, text)
  out.object({ file: resolve(file), spec: text })
  out.line(`Wrote ${file}:\n`)
  for (const line of text.trimEnd().split('\n')) out.line(`  ${line}`)
  out.line(
    '\nNext: `tidegate plan` shows what would happen, `tidegate dev` starts what is needed, `tidegate deploy --wait` does it.',
  )
  return exitCodes.done
}

export default init

/** Read as every command will read it: what is wrong with an answer is said now, and nothing is written. */
async function writeWhereRight(file: string, text: string): Promise<void> {
  const draft = join(dirname(file), `.${basename(file, '.yaml')}.${process.pid}.yaml`)
  try {
    await writeFile(draft, text)
    await loadSpec({ file: draft }).catch((error: unknown) => {
      if (!(error instanceof SpecError)) throw error
      throw new SpecError(
        file,
        error.problems.map((problem) => ({ ...problem, file })),
      )
    })
    await rename(draft, file)
  } finally {
    await rm(draft, { force: true })
  }
}

/** What flags and package.json say. */
function guess(options: Options): Answers {
  const { name = basename(process.cwd()), scripts = {} } = packageJson()
  const service = name
    .replace(/^@[^/]*\//, '')
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .replace(/^-+|-+$/g, '')
  return {
    service: options.service ?? (service || 'app'),
    artifact: options.artifact ?? '.',
    command: options.command ?? scripts.start ?? 'node server.js',
    port: options.port ?? '8080',
    ready: options.ready ?? '',
    replicas: options.replicas ?? '',
  }
}

function packageJson(): { name?: string; scripts?: Record<string, string> } {
  try {
    return JSON.parse(readFileSync('package.json', 'utf8')) as ReturnType<typeof packageJson>
  } catch {
    return {}
  }
}

async function ask(guessed: Answers): Promise<Answers | null> {
  const { group, intro, isCancel, text } = await import('@clack/prompts')
  intro('A spec for this folder')
  const question = (message: string, initialValue: string) => () =>
    text({ message, initialValue, defaultValue: initialValue })
  const answers = await group({
    service: question('Name of the service', guessed.service),
    artifact: question('What is deployed: a folder, npm:name@1.2.3, or image:name:tag', guessed.artifact),
    command: question('What starts it', guessed.command),
    port: question('The port that it listens on ($PORT on this machine)', guessed.port),
    ready: question('The path that answers 200 when it is ready (empty: the port answers)', guessed.ready),
  }).catch(() => null)
  if (!answers || Object.values(answers).some((answer) => isCancel(answer))) return null
  return { ...guessed, ...(answers as Omit<Answers, 'replicas'>) }
}

/** The spec as text, with what was left open left out. Pure. */
export function specText({ service, artifact, command, port, ready, replicas }: Answers): string {
  const spec: Record<string, unknown> = { service }
  const version = packageVersion() ? {} : { version: '0.1.0' }
  Object.assign(spec, version, { artifact: artifactOf(artifact) })
  if (command !== '' && !artifact.startsWith('image:')) spec.command = command
  if (port !== '') spec.port = /^\d+$/.test(port) ? Number(port) : port
  if (ready !== '') spec.ready = ready
  if (replicas !== '') spec.replicas = /^\d+$/.test(replicas) ? Number(replicas) : replicas
  return stringify(spec)
}

function artifactOf(text: string): unknown {
  const [, kind, rest] = /^(npm|image|archive|path):(.+)$/.exec(text) ?? []
  return kind === undefined ? text : { [kind]: rest }
}

const packageVersion = () => (packageJson() as { version?: string }).version
