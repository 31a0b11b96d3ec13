/** A tiny HTTP service to deploy: what it does is told by its workload's environment. */

import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { create } from 'tar'
import type { ReleaseRecord, ReleaseRef, Workload } from '../../src/spec/model.ts'
import { putJson } from '../../src/store/canonical.ts'
import type { ContentStore } from '../../src/store/content-store.ts'

const source = `
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
const { PORT, HOST, TIDEGATE_VERSION: version, CRASH, READY_AFTER, IGNORE_TERM, CHATTER } = process.env
const child = IGNORE_TERM && spawn(process.execPath, ['-e', 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000)'])
if (CRASH) { console.error('cannot start'); process.exit(Number(CRASH)) }
const born = Date.now()
let well = true
const server = createServer(async (request, response) => {
  const url = new URL(request.url, 'http://here')
  response.setHeader('x-version', version)
  response.setHeader('x-pid', process.pid)
  if (child) response.setHeader('x-child', child.pid)
  if (url.pathname === '/ready') {
    response.statusCode = well && Date.now() - born >= Number(READY_AFTER ?? 0) ? 200 : 503
    return response.end()
  }
  if (url.pathname === '/unwell') { well = false; return response.end() }
  if (url.pathname === '/exit') { process.exit(7) }
  if (url.pathname === '/fail') { response.statusCode = 500; return response.end() }
  if (url.pathname === '/slow') { await wait(Number(url.searchParams.get('ms'))); return response.end(version) }
  if (url.pathname === '/environment') return response.end(JSON.stringify({ env: process.env, cwd: process.cwd(), argv: process.argv, exe: process.execPath }))
  if (url.pathname === '/headers') return response.end(JSON.stringify(request.headers))
  if (url.pathname === '/events') {
    response.setHeader('content-type', 'text/event-stream')
    for (let i = 0; i < 3; i++) { response.write('data: ' + i + '\\n\\n'); await wait(150) }
    return response.end()
  }
  if (request.method === 'POST') {
    const hash = createHash('sha256')
    for await (const chunk of request) hash.update(chunk)
    return response.end(hash.digest('hex'))
  }
  response.end(version)
})
server.on('upgrade', (request, socket) => {
  socket.write('HTTP/1.1 101 Switching Protocols\\r\\nupgrade: websocket\\r\\nconnection: Upgrade\\r\\nx-version: ' + version + '\\r\\n\\r\\n')
  socket.pipe(socket)
})
server.listen(Number(PORT), HOST)
console.log('listening as ' + version)
if (CHATTER) setInterval(() => process.stdout.write('x'.repeat(Number(CHATTER)) + '\\n'), 20)
process.on('SIGTERM', () => { if (!IGNORE_TERM) { server.close(() => process.exit(0)); server.closeIdleConnections() } })
`

/** Packs the service and stores its record; another `env` is another release. */
export async function storeRelease(
  store: ContentStore,
  version: string,
  workload: Partial<Workload> = {},
  service = 'shop',
): Promise<ReleaseRef> {
  const archive = await store.put(await packed({ 'server.mjs': source }))
  const record: ReleaseRecord = {
    schema: 1,
    service,
    version,
    artifact: { kind: 'archive', digest: archive },
    workload: {
      command: ['node', 'server.mjs'],
      args: [],
      env: {},
      secrets: [],
      ports: [{ name: 'http', port: 8080 }],
      resources: {},
      probes: { readiness: readiness() },
      gracePeriodMs: 3_000,
      ...workload,
    },
  }
  const digest = await putJson(store, record)
  return { id: `${version}-${digest.slice('sha256:'.length, 'sha256:'.length + 8)}`, version, digest }
}

export function readiness() {
  return {
    action: { kind: 'http' as const, path: '/ready' },
    initialDelayMs: 0,
    intervalMs: 200,
    timeoutMs: 1_000,
    failureThreshold: 2,
    successThreshold: 1,
  }
}

/** A `.tar.gz` of the files; one whose content begins with `-> ` is a symbolic link. */
export async function packed(files: Record<string, string>): Promise<Uint8Array> {
  const dir = await mkdtemp(join(tmpdir(), 'tidegate-pack-'))
  try {
    for (const [name, content] of Object.entries(files)) {
      const path = join(dir, name)
      if (content.startsWith('-> ')) await symlink(content.slice(3), path)
      else await writeFile(path, content)
    }
    const stream = create({ cwd: dir, gzip: true, portable: true, mtime: new Date(0) }, Object.keys(files).toSorted())
    const chunks: Buffer[] = []
    for await (const chunk of stream) chunks.push(chunk as Buffer)
    return Buffer.concat(chunks)
  } finally {
    await rm(dir, { recursive: true })
  }
}
