/** Real deployments by the command line: a real Temporal, a real worker, a real agent, real processes. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Place, startPlace } from './rig.ts'

let place: Place
beforeAll(async () => {
  place = await startPlace()
})
afterAll(() => place.close())

const spec = (service: string) => ['--file', `${service}.yaml`]
const manual = { strategy: { canary: [{ weight: 50, pause: 'manual' }] } }
const stable = async (service: string) => (await place.client.service(place.target(service))).stable?.version

test('deploy --wait ends with 0 when it is active; status, history, list and logs show it', async () => {
  const service = await place.service()
  const deployed = await place.tidegate('deploy', ...spec(service), '--wait', '--reason', 'the first')
  expect(deployed).toMatchObject({ code: 0, stdout: expect.stringContaining('active') })

  const status = await place.tidegate('status', service, '--json')
  expect(status.last()).toMatchObject({
    service: { stable: { version: '1.0.0' }, running: null },
    deployment: { status: 'active', by: 'anna', reason: 'the first' },
    observed: { slots: { stable: { ready: 1, desired: 1 } } },
  })
  expect((await place.tidegate('history', service)).stdout).toMatch(/1\.0\.0.*active.*anna/)
  expect((await place.tidegate('list')).stdout).toContain(service)
  expect((await place.tidegate('logs', service)).stdout).toContain('this is 1.0.0')
})

test('without --wait it ends with 0 as soon as it is accepted, and the same request id is one deployment', async () => {
  const service = await place.service()
  for (const _ of ['first', 'again']) {
    const answer = await place.tidegate('deploy', ...spec(service), '--request-id', 'one', '--json')
    expect(answer.code).toBe(0)
    expect(answer.last()).toMatchObject({ accepted: { number: 1 } })
  }
  await place.client.result(await place.client.deploymentOf(place.target(service)))
  expect(await place.client.history(place.target(service))).toHaveLength(1)
})

test('at a gate --wait ends with 14 and says which command answers; promote goes on, and watch ends with 0', async () => {
  const service = await place.deployed(manual)
  const waiting = await place.tidegate('deploy', ...spec(service), '--version', '1.1.0', '--wait')
  expect(waiting).toMatchObject({ code: 14, stdout: expect.stringContaining(`tidegate promote ${service}`) })

  const wrong = await place.tidegate('approve', service, '--json')
  expect(wrong.code).toBe(15)
  expect(wrong.last()).toMatchObject({ error: { code: 'decision.nothing-waits' } })

  const { id } = await place.atGate(service)
  expect((await place.tidegate('promote', service)).code).toBe(0)
  const watched = await place.tidegate('watch', id, '--json')
  expect(watched.code).toBe(0)
  expect(watched.last()).toMatchObject({ status: 'active', version: '1.1.0' })

  const late = await place.tidegate('promote', id, '--json')
  expect(late.code).toBe(15)
  expect(late.last()).toMatchObject({ error: { code: 'deployment.over' } })
})

test('--wait=gates waits through the gate, and an abort ends it with 12 on the old version', async () => {
  const service = await place.deployed(manual)
  const waiting = place.start('deploy', ...spec(service), '--version', '1.1.0', '--wait=gates', '--json')
  const { id } = await place.atGate(service)
  expect((await place.tidegate('abort', id, '--reason', 'no')).code).toBe(0)
  const { exitCode, stdout } = await waiting
  expect(exitCode).toBe(12)
  expect(JSON.parse(String(stdout).trimEnd().split('\n').at(-1) ?? '')).toMatchObject({ status: 'aborted' })
  expect(await stable(service)).toBe('1.0.0')
})

test('a version that does not start ends with 10, on the old version', async () => {
  const service = await place.deployed({ strategy: 'blue-green', readyDeadline: '5s' })
  const bad = await place.tidegate('deploy', ...spec(service), '--version', '1.1.0-bad', '--wait')
  expect(bad).toMatchObject({ code: 10, stdout: expect.stringContaining('rolled_back') })
  expect(await stable(service)).toBe('1.0.0')
})

test('what waits behind one that was aborted waits for a person, and that is 14; resume --queue lets it go on', async () => {
  const service = await place.deployed(manual)
  await place.tidegate('deploy', ...spec(service), '--version', '1.1.0')
  const { id } = await place.atGate(service)
  const behind = place.start('deploy', ...spec(service), '--version', '1.2.0', '--strategy', 'recreate', '--wait')
  await place.until(service, ({ queue }) => queue.length > 0)
  await place.client.abort(id)
  expect((await behind).exitCode).toBe(14)
  expect((await place.tidegate('resume', service, '--queue')).code).toBe(0)
  await place.until(service, ({ stable }) => stable?.version === '1.2.0')
})

test('a time-out of --wait ends with 14 and leaves the deployment running; watch ends with 12 when it is rejected', async () => {
  const service = await place.service({ approval: true })
  const late = await place.tidegate('deploy', ...spec(service), '--wait=gates', '--timeout', '2s')
  expect(late.code).toBe(14)
  const { id, status } = await place.atGate(service)
  expect(status).toBe('awaiting_approval')
  expect((await place.tidegate('reject', id)).code).toBe(0)
  expect((await place.tidegate('watch', id)).code).toBe(12)
})

test('Ctrl-C on --wait ends with 130, says how to come back, and leaves the deployment running', async () => {
  const service = await place.service({ approval: true })
  const waiting = place.start('deploy', ...spec(service), '--wait=gates')
  const { id } = await place.atGate(service)
  waiting.kill('SIGINT')
  const { exitCode, stdout, stderr } = await waiting
  expect(exitCode).toBe(130)
  expect(`${stdout}${stderr}`).toContain('tidegate watch')
  await place.client.approve(id)
  expect((await place.client.result(id)).status).toBe('active')
})

test('on a terminal the view is redrawn in place, and Ctrl-C leaves it with 130 and the way back', async () => {
  const service = await place.service({ approval: true })
  const waiting = place.startOnTerminal('deploy', ...spec(service), '--wait=gates')
  let shown = ''
  let typed = 0
  for await (const chunk of waiting.stdout.setEncoding('utf8')) {
    shown += chunk
    if (typed > 0 || !shown.includes('waits for a person') || !shown.includes('\u001b[1A')) continue
    typed = shown.length
    waiting.stdin.write('\u0003')
  }
  expect((await waiting).exitCode).toBe(130)
  expect(shown.slice(typed)).toContain('tidegate watch')
  const { id, status } = await place.atGate(service)
  expect(status).toBe('awaiting_approval')
  await place.client.reject(id)
})

test('a frozen service refuses with 15 and says why; unfrozen it goes on, and rollback goes back', async () => {
  const service = await place.deployed()
  await place.deploy(service, '1.1.0')
  expect((await place.tidegate('freeze', service)).code).toBe(2)
  expect((await place.tidegate('freeze', service, '--reason', 'the sale')).code).toBe(0)
  const refused = await place.tidegate('deploy', ...spec(service), '--version', '1.2.0')
  expect(refused).toMatchObject({ code: 15, stderr: expect.stringContaining('the sale') })
  expect((await place.tidegate('unfreeze', service)).code).toBe(0)
  expect((await place.tidegate('rollback', service, '--wait')).code).toBe(0)
  expect(await stable(service)).toBe('1.0.0')
})

test('scale changes the instances, and rollback --direct goes back without Temporal', async () => {
  const service = await place.deployed()
  await place.deploy(service, '1.1.0')
  expect((await place.tidegate('scale', '2', service, '--wait')).code).toBe(0)
  const direct = await place.tidegate('rollback', service, '--direct', '--to', '1.0.0', '--json', '--address', 'none:9')
  expect(direct.code).toBe(0)
  expect(direct.last()).toMatchObject({ release: { version: '1.0.0' } })
})

test('doctor finds everything in order here', async () => {
  const doctor = await place.tidegate('doctor', '--json')
  expect(doctor.last()).toMatchObject({ ok: true })
  expect(doctor.code).toBe(0)
})
