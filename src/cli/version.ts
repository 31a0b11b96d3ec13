import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Tidegate's own version, from its package. */
export function version(): string {
  for (let folder = import.meta.dirname; folder !== dirname(folder); folder = dirname(folder)) {
    const file = join(folder, 'package.json')
    if (existsSync(file)) return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
  }
  return '0.0.0'
}
