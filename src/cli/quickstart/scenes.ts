/** The four deployments of the quickstart, and what must be observed in each. */
import { setTimeout as wait } from 'node:timers/promises'
import pc from 'picocolors'
import type { DeploymentSummary } from '../../client/index.ts'
import type { Target } from '../../spec/index.ts'
import type { Stage } from './stage.ts'

export interface Played {
  target: Target
  endpoint: string
  deployments: DeploymentSummary[]
  /** What was expected at the proxy and not observed. */
  missed: string[]
}

/** How long visitors are watched after a deployment has ended (ms). */
const settle = 1_500

export async function playScenes(stage: Stage, shop: string): Promise<Played> {
  const missed: string[] = []
  const deployments: DeploymentSummary[] = []
  const expect = (so: boolean, what: string) => {
    if (!so) missed.push(what)
  }
  /** Every visitor of the last second is served this version. */
  const expectAllOn = async (version: string) => {
    await wait(settle)
    const shares = stage.shares()
    expect(
      shares.get(version) === 100,
      `all visitors on ${version}, but saw ${JSON.stringify(Object.fromEntries(shares))}`,
    )
    stage.say(pc.green(`  visitors are served ${version}`))
  }
  const ended = (summary: DeploymentSummary, status: string) => {
    deployments.push(summary)
    expect(
      summary.status === status,
      `${summary.version} to end ${status}, but it ended ${summary.status}: ${summary.outcome}`,
    )
  }

  title(stage, 1, 'A first deployment: shop 1.0.0')
  const first = await stage.deploy(shop, '1.0.0')
  ended(await stage.follow(first), 'active')
  const endpoint = await stage.open(first.target)
  stage.say(`  the shop is at ${endpoint}; 200 visitors a second come from now on`)
  await expectAllOn('1.0.0')

  title(stage, 2, 'A canary: 1.1.0 gets 10 %, then 50 %, then all; at 50 % it waits for a person')
  const second = await stage.deploy(shop, '1.1.0')
  const weights = new Set<number>()
  let answered = false
  const good = await stage.follow(second, async (state) => {
    const weight = state.progress?.weights.candidate
    if (weight === 10 || weight === 50) weights.add(weight)
    if (answered || state.gate?.kind !== 'promotion') return
    answered = true
    await wait(settle)
    const share = stage.shares().get('1.1.0') ?? 0
    expect(Math.abs(share - 50) <= 5, `half of the visitors on 1.1.0, but saw ${share} %`)
    stage.say(
      pc.yellow(
        `  It waits for a person. The quickstart answers itself, as you would: tidegate promote shop -e production`,
      ),
    )
    await stage.client.promote(second.deployment, { by: 'quickstart', reason: 'it looks good at half of the traffic' })
  })
  ended(good, 'active')
  expect(weights.has(10) && weights.has(50), 'weights of 10 and 50 %')
  expect(answered, 'the gate at 50 %')
  await expectAllOn('1.1.0')

  title(stage, 3, 'A bad version: 1.2.0 fails one request in twenty')
  const bad = await stage.follow(await stage.deploy(shop, '1.2.0'))
  ended(bad, 'rolled_back')
  expect((stage.visitors?.seen.get('1.2.0')?.failed ?? 0) > 0, 'failed requests on 1.2.0')
  stage.say(pc.green('  the canary saw it and went back by itself'))
  await expectAllOn('1.1.0')

  title(stage, 4, 'A rollback on request, to 1.0.0: nothing is built')
  const back = await stage.client.rollback(first.target, { by: 'quickstart', reason: 'show how it goes' })
  ended(await stage.follow(back), 'active')
  await expectAllOn('1.0.0')

  for (const version of ['1.0.0', '1.1.0']) {
    const failed = stage.visitors?.seen.get(version)?.failed ?? 0
    expect(failed === 0, `no failed request on ${version}, but saw ${failed}`)
  }
  expect(!stage.visitors?.seen.has('?'), `every request answered, but ${stage.visitors?.seen.get('?')?.total} were not`)
  await stage.close()
  return { target: first.target, endpoint, deployments, missed }
}

function title(stage: Stage, number: number, text: string): void {
  stage.say('')
  stage.say(pc.bold(`${number}. ${text}`))
}
