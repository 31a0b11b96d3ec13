import { setTimeout as wait } from 'node:timers/promises'
import type { Target } from '../../../spec/model.ts'
import type { View } from '../proxy/choose.ts'
import { TargetProxy } from '../proxy/proxy.ts'
import type { Traffic } from '../proxy/traffic.ts'

const nobody: View = {
  routing: { weights: { stable: 100, candidate: 0 } },
  slots: { stable: null, candidate: null },
}

/** The two ports of a target: one for clients, one that reaches the candidate alone. */
export class Router {
  readonly #target: Target
  readonly #traffic: Traffic
  #view = nobody
  #ports: { endpoint: number; preview: number } | null = null
  #open: { endpoint: TargetProxy; preview: TargetProxy } | null = null

  constructor(target: Target, traffic: Traffic) {
    this.#target = target
    this.#traffic = traffic
  }

  show(view: View): void {
    this.#view = view
  }

  /** Listens on these ports, or on none. A port that another program holds just now is tried again for a while. */
  async listen(ports: { endpoint: number; preview: number } | null): Promise<void> {
    if (ports === null) return this.close()
    if (this.#open) return
    const view = () => this.#view
    const count = (release: string, milliseconds: number, failed: boolean) =>
      this.#traffic.count(this.#target, release, milliseconds, failed)
    const endpoint = await listening(() => new TargetProxy({ view, count }), ports.endpoint)
    try {
      const preview = await listening(() => new TargetProxy({ view, only: 'candidate' }), ports.preview)
      this.#open = { endpoint, preview }
      this.#ports = ports
    } catch (error) {
      // Otherwise it would hold its own port against the next attempt.
      await endpoint.close()
      throw error
    }
  }

  /** Where clients reach it; the preview only while there is a candidate. */
  addresses(): { endpoint?: string; preview?: string } {
    if (!this.#ports || !this.#open) return {}
    const endpoint = `http://127.0.0.1:${this.#ports.endpoint}`
    return this.#view.slots.candidate ? { endpoint, preview: `http://127.0.0.1:${this.#ports.preview}` } : { endpoint }
  }

  async close(): Promise<void> {
    const open = this.#open
    this.#open = null
    await Promise.all([open?.endpoint.close(), open?.preview.close()])
  }
}

async function listening(make: () => TargetProxy, port: number): Promise<TargetProxy> {
  for (let attempt = 1; ; attempt++) {
    const proxy = make()
    try {
      await proxy.listen(port)
      return proxy
    } catch (error) {
      if (attempt >= 50) throw error
      await wait(100)
    }
  }
}
