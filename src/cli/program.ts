/** Every command and its flags; what they do is in `commands/`, loaded when it is called. */
import { Command, InvalidArgumentError, Option } from 'commander'
import type { Action, Options } from './options.ts'
import { createOutput } from './output.ts'
import { version } from './version.ts'

type Load = () => Promise<{ default: Action }>
/** Adds a command with the flags that every command has. */
type Add = (name: string, description: string, load: Load) => Command

/** `finished` is told the exit code of the command that ran; `completes`: somebody else adds `completion`. */
export function createProgram(finished: (code: number) => void, { completes = false } = {}): Command {
  const program = new Command('tidegate')
    .description('A durable deployment engine: whatever happens on the way, a service ends on exactly one version.')
    .version(version(), '-V, --version')
    // So that `--version` after `deploy` is the service's.
    .enablePositionalOptions()
    .showSuggestionAfterError()

  const add: Add = (name, description, load) =>
    program
      .command(name)
      .description(description)
      .option('--json', 'for programs: one object a line, the result as the last')
      .option('--debug', 'show where an error happened')
      .option('--config <file>', 'the engine’s configuration, otherwise ./tidegate.config.yaml')
      .option('--address <host:port>', 'where Temporal is')
      .option('--namespace <name>', 'the namespace in Temporal')
      .action(async (...given: unknown[]) => {
        const options = given.at(-2) as Options
        const { default: act } = await load()
        finished(await act(createOutput(options), options, ...(given.slice(0, -2) as (string | undefined)[])))
      })

  addChanges(add)
  addDecisions(add)
  addLooks(add)
  addTools(add)
  if (!completes)
    program.command('completion').description('shell completion: bash, zsh, fish, powershell').argument('<shell>')
  for (const each of [program, ...program.commands])
    each.exitOverride().configureOutput({ outputError: () => undefined })
  return program
}

/** What changes a service. */
function addChanges(add: Add): void {
  planned(
    targeted(
      add('plan', 'what a deployment would do, and where each value comes from', () => import('./commands/plan.ts')),
    ),
  )
  requested(planned(targeted(add('deploy', 'deploy the service of the spec', () => import('./commands/deploy.ts')))))
    .addOption(
      new Option('--when-busy <how>', 'where another deployment runs').choices([
        'queue',
        'supersede',
        'replace',
        'refuse',
      ]),
    )
    .addOption(
      new Option('--on-failure <how>', 'what waits behind it, if it does not end well').choices([
        'pause-queue',
        'continue-queue',
      ]),
    )
    .option('--take-over', 'claim a target that another engine drove')
    .option('--force', 'deploy over a blocked way back')
  requested(targeted(add('rollback', 'go back to an earlier release', () => import('./commands/rollback.ts'))))
    .argument('[service]', theService)
    .option('--to <release>', 'a release id or a version; otherwise the one before')
    .addOption(new Option('--kind <kind>', 'how').choices(['immediate', 'gradual', 'controlled']))
    .option('--direct', 'without Temporal: from the platform’s own records')
  requested(targeted(add('scale', 'change the number of instances', () => import('./commands/scale.ts'))))
    .argument('<replicas>', '3, or 3..20')
    .argument('[service]', theService)
  requested(
    targeted(add('restart', 'replace the instances, same release', () => import('./commands/restart.ts'))),
  ).argument('[service]', theService)
  signed(
    targeted(add('freeze', 'refuse deployments until it is unfrozen', () => import('./commands/freeze.ts'))),
  ).argument('[service]', theService)
  targeted(add('unfreeze', 'let deployments in again', () => import('./commands/unfreeze.ts'))).argument(
    '[service]',
    theService,
  )
}

/** A person's word to a deployment. */
function addDecisions(add: Add): void {
  const decisions = {
    approve: 'let a deployment that waits for approval begin',
    reject: 'end a deployment that waits for approval; nothing was changed',
    promote: 'go on from the step that waits, or with --full all the way',
    pause: 'hold it where it is; harm is still acted on',
    resume: 'go on after a pause, or with --queue let the queue go on',
    abort: 'go back to what ran before',
    retry: 'try a blocked step of the way back again',
    skip: 'leave a blocked step undone, and list it',
  }
  for (const [name, description] of Object.entries(decisions)) {
    const load: Load = async () => ({ default: (await import('./commands/decide.ts')).deciding(name) })
    const added = waiting(signed(about(add(name, description, load)))).option('--gate <name>', 'the gate that is meant')
    if (name === 'promote') added.option('--full', 'all the way: skips the steps and analyses that are left')
    if (name === 'resume') added.option('--queue', 'the queue of the service, after a deployment that failed')
    if (name === 'abort' || name === 'skip') added.option('-y, --yes', 'ask nothing')
  }
}

/** What only looks. */
function addLooks(add: Add): void {
  about(add('status', 'where it is, and what it waits for', () => import('./commands/status.ts'))).option(
    '-w, --watch',
    'stay and follow it',
  )
  about(add('watch', 'follow a deployment until it has ended', () => import('./commands/watch.ts'))).option(
    '--timeout <time>',
    'go (exit code 14) after so long',
  )
  targeted(add('history', 'deployments of a service, newest first', () => import('./commands/history.ts'))).argument(
    '[service]',
    theService,
  )
  add('list', 'every service that Tidegate knows, and what runs', () => import('./commands/list.ts')).option(
    '-e, --environment <name>',
    'only this one',
  )
  // `-f` goes on reading, as in every program that shows logs; so here the spec is `--file` alone.
  add('logs', 'what the instances say', () => import('./commands/logs.ts'))
    .argument('[service]', theService)
    .option(...environmentFlag)
    .option(...locationFlag)
    .option('--file <file>', 'the spec, otherwise ./tidegate.yaml')
    .option('-f, --follow', 'go on as they say more')
    .option('--tail <lines>', 'lines from the end of each instance’s log', '100')
    .addOption(new Option('--slot <slot>', 'only this one').choices(['stable', 'candidate']))
}

/** Beginning, running and mending Tidegate itself. */
function addTools(add: Add): void {
  add('init', 'write a spec for this folder', () => import('./commands/init.ts'))
    .option('-f, --file <file>', 'the spec to write', 'tidegate.yaml')
    .option('--service <name>', 'name of the service')
    .option('--artifact <what>', 'a folder, npm:name@1.2.3, or image:name:tag')
    .option('--command <command>', 'what starts it')
    .option('--port <port>', 'the port that it listens on')
    .option('--ready <path>', 'the path that answers 200 when it is ready')
    .option('--replicas <count>', '3, or 3..20')
    .option('--force', 'overwrite a spec that is there')
    .option('-y, --yes', 'ask nothing')
  add('dev', 'Temporal, a worker and the local platform, kept running here', () => import('./commands/dev.ts'))
    .option('--leave', 'leave the services running at the end')
    .option('--stop', 'end the stack that was left running')
  add('quickstart', 'the main job, for real, on this machine', () => import('./commands/quickstart.ts')).option(
    '--keep',
    'leave it running',
  )
  add('worker', 'a worker for the locations of the configuration', () => import('./commands/worker.ts')).option(
    '--location <name>',
    'only this one',
  )
  add('doctor', 'check what Tidegate needs, and say how to mend it', () => import('./commands/doctor.ts'))
    .option('-f, --file <file>', 'the spec, otherwise ./tidegate.yaml')
    .option('--location <name>', 'the location whose worker and platform are checked')
  add('schema', 'the JSON Schema of the spec, for editors', () => import('./commands/schema.ts')).argument(
    '[which]',
    '`service` or `config`',
    'service',
  )
}

const theService = 'otherwise the service of the spec'
const environmentFlag = [
  '-e, --environment <name>',
  'where; otherwise the default of the configuration, or development',
] as const
const locationFlag = ['--location <name>', 'where in the environment, if it has several'] as const

const targeted = (added: Command) =>
  added
    .option(...environmentFlag)
    .option(...locationFlag)
    .option('-f, --file <file>', 'the spec, otherwise ./tidegate.yaml')

const about = (added: Command) =>
  targeted(added)
    .argument('[service]', 'a service, or the id of a deployment; otherwise the service of the spec')
    .option('-n, --number <number>', 'a deployment by its number, otherwise the one that runs or came last')

const planned = (added: Command) =>
  added
    .option('--version <version>', 'this version, without editing the spec')
    .option('--image <reference>', 'this image')
    .option('--artifact <what>', 'this artifact: ./dir, npm:name@1.2.3, image:name:tag')
    .option('--replicas <count>', '3, or 3..20')
    .option('--strategy <name>', 'canary, blue-green, rolling or recreate')

const signed = (added: Command) =>
  added
    .option('--by <who>', 'who says so; otherwise TIDEGATE_BY, or the user of this machine')
    .option('--reason <text>', 'why, for the timeline')

const waiting = (added: Command) =>
  added
    .option('--wait [gates]', 'until it has ended or waits for a person; with =gates, through that too', (value) => {
      if (value === 'gates') return value
      throw new InvalidArgumentError('It is --wait or --wait=gates.')
    })
    .option('--timeout <time>', 'with --wait: go (exit code 14) after so long, as in 10m; the deployment goes on')

const requested = (added: Command) =>
  waiting(signed(added)).option('--request-id <id>', 'the same id twice is one deployment')
