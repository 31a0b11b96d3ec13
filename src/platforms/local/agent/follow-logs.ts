import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { LogLine, LogQuery } from '../../port.ts'
import { type LogFolder, lastLines, linesAfter, streams } from './logs.ts'
import type { LocalTarget } from './target.ts'

const lookEveryMs = 200
const defaultTail = 100

/** How far a stream was read. */
interface Reader {
  end: number
}

/** The last lines of each instance, in the order of time; with `follow` also those to come, of new instances too. */
export async function* followLogs(target: LocalTarget, query: LogQuery, signal: AbortSignal): AsyncGenerator<LogLine> {
  const readers = new Map<string, Reader>()
  const began = Date.now()
  let first = true
  do {
    const lines: LogLine[] = []
    for (const folder of await foldersOf(target, query)) {
      for (const stream of streams) {
        const key = `${folder.instance}/${stream}`
        const reader = readers.get(key)
        const path = join(folder.dir, `${stream}.log`)
        // An instance that came later is shown from its first line.
        const tail = first ? (query.tail ?? defaultTail) : Number.MAX_SAFE_INTEGER
        const fresh = reader ? await linesAfter(path, reader.end) : await lastLines(path, tail)
        readers.set(key, { end: fresh.end })
        for (const { line, offset } of fresh.lines) {
          const at = target.logs.timeOf(path, offset) ?? (reader ? Date.now() : began)
          lines.push({
            at: new Date(at).toISOString(),
            instance: folder.instance,
            release: folder.release,
            stream,
            line,
          })
        }
      }
    }
    yield* lines.toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
    first = false
    if (query.follow) await wait(lookEveryMs, null, { signal }).catch(() => {})
  } while (query.follow && !signal.aborted)
}

async function foldersOf(target: LocalTarget, { slot }: LogQuery): Promise<LogFolder[]> {
  const folders = await target.logs.folders()
  if (!slot) return folders
  const group = target.groupOf(slot)
  const names = new Set(target.instances.filter(({ record }) => record.group === group).map(({ name }) => name))
  return folders.filter(({ instance }) => names.has(instance))
}
