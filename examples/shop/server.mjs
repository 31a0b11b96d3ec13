// A small shop: what an HTTP service needs to be deployed without a failed request, and nothing else.
import { createServer } from 'node:http'

const version = process.env.TIDEGATE_VERSION ?? '1.1.0'
const port = Number(process.env.PORT ?? 8080)

// What differs between versions is in versions/. One without a file of its own is as 1.1.0, so you can try more.
const { routes } = await import(`./versions/${version}.mjs`).catch(() => import('./versions/1.1.0.mjs'))

let served = 0
let stopping = false

const server = createServer((request, response) => {
  const answer = (status, body) => {
    if (stopping) response.shouldKeepAlive = false
    response.writeHead(status, { 'content-type': 'application/json', 'x-shop-version': version })
    response.end(request.method === 'HEAD' ? undefined : `${JSON.stringify(body)}\n`)
  }
  const { pathname } = new URL(request.url ?? '/', 'http://shop')

  if (pathname === '/healthz') return answer(200, { ok: true })
  if (pathname === '/readyz') return answer(stopping ? 503 : 200, { ready: !stopping })
  const route = routes[pathname]
  if (!route) return answer(404, { error: `There is no ${pathname} here`, version })
  try {
    answer(200, { ...route(served++), version })
  } catch (error) {
    console.error(`${pathname}: ${error}`)
    answer(500, { error: 'Something went wrong in the shop', version })
  }
})

server.listen(port, process.env.HOST, () => console.log(`shop ${version} listens on port ${server.address().port}`))

// Asked to stop: finish what was begun, take nothing new, then leave.
for (const signal of ['SIGTERM', 'SIGINT']) {
  process.once(signal, () => {
    stopping = true
    server.close(() => process.exit(0))
    server.closeIdleConnections()
  })
}
