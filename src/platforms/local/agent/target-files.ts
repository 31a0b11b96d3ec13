import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import type { Target } from '../../../spec/model.ts'
import { emptyRecord, type InstanceRecord, type TargetRecord, targetKey } from './record.ts'

/**
 * The two files of a target: `desired.json`, what should be true with its fence, and `instances.json`, what was
 * started. Each is replaced as a whole (a temporary file, synced, renamed), so a reader sees the old or the new one.
 */
export class TargetFiles {
  readonly dir: string
  #saving: Promise<void> | null = null
  #again: Promise<void> | null = null

  constructor(root: string, target: Target) {
    this.dir = join(root, encodeURIComponent(targetKey(target)))
  }

  /** Targets that have files under `root`. */
  static async all(root: string): Promise<Target[]> {
    const names = await readdir(root).catch(() => [])
    const targets = names.map((name) => {
      const [environment = '', location = '', ...service] = decodeURIComponent(name).split('/')
      return { environment, location, service: service.join('/') }
    })
    return targets.filter(({ service }) => service !== '')
  }

  async load(target: Target): Promise<{ record: TargetRecord; instances: InstanceRecord[] }> {
    await mkdir(this.dir, { recursive: true })
    // A write that was cut off leaves its temporary file behind; it never counted.
    const leftovers = (await readdir(this.dir)).filter((name) => /\.json\.\d+$/.test(name))
    await Promise.all(leftovers.map((name) => rm(join(this.dir, name), { force: true })))
    return {
      record: (await this.#read<TargetRecord>('desired.json')) ?? emptyRecord(target),
      instances: (await this.#read<InstanceRecord[]>('instances.json')) ?? [],
    }
  }

  async saveRecord(record: TargetRecord): Promise<void> {
    await writeFileAtomic(join(this.dir, 'desired.json'), JSON.stringify(record, null, 2), { mode: 0o600 })
  }

  /** Many changes while a write runs are one more write; each caller's state is durable when it returns. */
  saveInstances(instances: () => InstanceRecord[]): Promise<void> {
    if (!this.#saving) {
      this.#saving = this.#writeInstances(instances()).finally(() => {
        this.#saving = null
      })
      return this.#saving
    }
    this.#again ??= this.#saving
      .catch(() => {})
      .then(() => {
        this.#again = null
        return this.saveInstances(instances)
      })
    return this.#again
  }

  async #writeInstances(instances: InstanceRecord[]): Promise<void> {
    await writeFileAtomic(join(this.dir, 'instances.json'), JSON.stringify(instances, null, 2), { mode: 0o600 })
  }

  async #read<T>(name: string): Promise<T | null> {
    const text = await readFile(join(this.dir, name), 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null
      throw error
    })
    return text === null ? null : (JSON.parse(text) as T)
  }
}
