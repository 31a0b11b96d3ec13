/** `tidegate quickstart`: the main job, for real, with live traffic flowing all the time. */
import { rm } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import pc from 'picocolors'
import { connect } from '../../client/index.ts'
import { createLocalPlatform } from '../../platforms/local/platform.ts'
import { type Stack, startStack, stopStack } from '../stack.ts'
import { packageRoot } from './package-root.ts'
import { type Report, report } from './report.ts'
import { playScenes } from './scenes.ts'
import { createStage } from './stage.ts'

export interface QuickstartOptions {
  /** Leave everything running. */
  keep?: boolean
  /** One object as the last line of standard output; what happens goes to standard error. */
  json?: boolean
}

/** Plays the four deployments; returns the exit code: 0 only if all of it was observed at the proxy. */
export async function quickstart({ keep = false, json = false }: QuickstartOptions = {}): Promise<number> {
  const home = resolve(process.env.TIDEGATE_HOME ?? '.tidegate', 'quickstart')
  const out = json ? process.stderr : process.stdout
  const say = (line = '') => void out.write(`${line}\n`)
  if (await stopStack(home)) say('Stopped the stack that an earlier quickstart left running.')
  await rm(home, { recursive: true, force: true })

  say(pc.bold('Tidegate quickstart'))
  say(pc.dim('Temporal, a worker and the local agent start on this machine; nothing leaves it.'))
  const stack = await startStack({ home, log: (line) => say(pc.dim(`  ${line}`)), outlive: keep })
  const end = endOnSignal(stack)
  try {
    const result = await play(stack, out)
    print(result, say, keep, home)
    if (json) process.stdout.write(`${JSON.stringify(result.json)}\n`)
    return result.json.ok ? 0 : 11
  } finally {
    end.release()
    if (!keep) {
      await stack.stop('stop')
      await removeHome(home)
    }
  }
}

async function play(stack: Stack, out: NodeJS.WriteStream): Promise<Report> {
  const began = Date.now()
  const client = await connect({ address: stack.temporalAddress, namespace: 'default' })
  const platform = createLocalPlatform({ dir: stack.agentDir })
  const stage = createStage({ client, platform, out })
  try {
    const played = await playScenes(stage, join(packageRoot(), 'examples', 'shop'))
    return await report(played, { platform, stack, seconds: (Date.now() - began) / 1000 })
  } finally {
    await stage.close()
    await client.close()
  }
}

function print(result: Report, say: (line?: string) => void, keep: boolean, home: string): void {
  say()
  for (const line of result.lines) say(line)
  say()
  if (!result.json.ok) for (const miss of result.missed) say(pc.red(`✗ ${miss}`))
  else say(pc.green(`✓ All of it was observed at the proxy, in ${result.json.seconds} s.`))
  say()
  const place = relative('.', home)
  if (keep) {
    say(`It goes on running. The Web UI: ${result.json.links.ui}   the shop: ${result.json.links.shop}`)
    say('Try next:')
    const env = `TIDEGATE_HOME=${place}`
    for (const command of ['history shop', 'status shop', 'logs shop']) {
      say(`  ${env} npx tidegate ${command} -e production`)
    }
    say(`  ${env} npx tidegate deploy -f examples/shop/tidegate.yaml -e production --version 1.1.0 --wait`)
    say(`  ${env} npx tidegate dev --stop`)
  } else {
    say('Everything was stopped and removed. Try next:')
    say('  npm run quickstart -- --keep     the same, left running, with the Web UI to look at')
    say('  npx tidegate dev                 the stack for your own service')
    say('  npx tidegate init                a spec for it; then: npx tidegate plan, npx tidegate deploy --wait')
  }
}

/** Ctrl-C ends what was started, in order. */
function endOnSignal(stack: Stack): { release: () => void } {
  const stop = (signal: NodeJS.Signals) => {
    void stack.stop('stop').finally(() => process.exit(signal === 'SIGINT' ? 130 : 143))
  }
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
  return {
    release: () => {
      process.removeListener('SIGINT', stop)
      process.removeListener('SIGTERM', stop)
    },
  }
}

/** Releases are read-only on disk, so their folders are made writable first by whoever removes them. */
async function removeHome(home: string): Promise<void> {
  for (let attempt = 1; attempt <= 5; attempt++) {
    try {
      return await rm(home, { recursive: true, force: true })
    } catch {
      await wait(100 * attempt)
    }
  }
}
