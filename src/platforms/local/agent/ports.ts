import { once } from 'node:events'
import { createServer } from 'node:net'

// Below the ranges that systems give to outgoing connections (32768 on Linux, 49152 on macOS): a port kept for
// later is not taken meanwhile by some client's connection.
const lowest = 20_000
const count = 12_000

const given = new Set<number>()

/** A port of 127.0.0.1 on which nothing listens, and that this process has not given to anyone yet. */
export async function choosePort(): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const port = lowest + Math.floor(Math.random() * count)
    if (given.has(port) || !(await isFree(port))) continue
    given.add(port)
    return port
  }
  throw new Error(`no free port between ${lowest} and ${lowest + count}`)
}

/** Keeps a port that a record names from being chosen again. */
export function keepPort(port: number): void {
  given.add(port)
}

/** Lets a port be chosen again. */
export function releasePort(port: number): void {
  given.delete(port)
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  try {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return true
  } catch {
    return false
  } finally {
    server.close()
  }
}
