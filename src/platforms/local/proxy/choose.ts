/** Which slot a request goes to, and which instance of it. No effects but the turn-taking's own counters. */

import type { Agent, IncomingHttpHeaders } from 'node:http'
import type { ReleaseRef } from '../../../spec/model.ts'
import type { Match, Routing, Slot, Weights } from '../../port.ts'

/** An instance as the proxy sees it. */
export interface Upstream {
  readonly name: string
  readonly release: ReleaseRef
  readonly port: number
  /** Ready and not being drained: may be given new requests. */
  readonly serving: boolean
  /** Connections kept open to it. */
  readonly connections: Agent
  readonly inFlight: number
  enter(): void
  leave(): void
}

export interface SlotView {
  release: ReleaseRef
  instances: Upstream[]
}

/** What the proxy routes by: replaced as a whole whenever anything changes. */
export interface View {
  routing: Routing
  slots: Record<Slot, SlotView | null>
}

export const stickyCookie = 'tidegate-release'

/**
 * Smooth weighted round robin (nginx's): each slot gains its weight, the richer one is chosen and pays 100. Over
 * any 100 requests each slot gets exactly its percentage, spread evenly.
 */
export class Turns {
  #credit: Weights = { stable: 0, candidate: 0 }
  #weights: Weights = { stable: 100, candidate: 0 }
  #rotation = 0

  slot(weights: Weights): Slot {
    if (weights.stable !== this.#weights.stable) {
      this.#weights = weights
      this.#credit = { stable: 0, candidate: 0 }
    }
    this.#credit.stable += weights.stable
    this.#credit.candidate += weights.candidate
    const slot = this.#credit.stable >= this.#credit.candidate ? 'stable' : 'candidate'
    this.#credit[slot] -= 100
    return slot
  }

  /** The instance with the fewest requests in flight; among equals, each in its turn. */
  instance(instances: Upstream[], tried: ReadonlySet<Upstream>): Upstream | null {
    let best: Upstream | null = null
    const offset = this.#rotation++
    for (let i = 0; i < instances.length; i++) {
      const candidate = instances[(offset + i) % instances.length]
      if (!candidate?.serving || tried.has(candidate)) continue
      if (best === null || candidate.inFlight < best.inFlight) best = candidate
    }
    return best
  }
}

/** Slots that may serve the request, best first. */
export function slotsFor(view: View, headers: IncomingHttpHeaders, turns: Turns): Slot[] {
  const { routing } = view
  const first = matched(routing, headers) ?? kept(view, headers) ?? turns.slot(routing.weights)
  const second = first === 'stable' ? 'candidate' : 'stable'
  // Where the chosen slot has nobody, the other serves; but a candidate only once it is approved for traffic.
  return second === 'stable' || routing.weights.candidate > 0 ? [first, second] : [first]
}

function matched({ matches = [] }: Routing, headers: IncomingHttpHeaders): Slot | null {
  return matches.find((match) => sends(match, headers))?.slot ?? null
}

function sends({ header, cookie }: Match, headers: IncomingHttpHeaders): boolean {
  if (!header && !cookie) return false
  const byHeader = !header || headers[header.name.toLowerCase()] === header.value
  return byHeader && (!cookie || cookieOf(headers, cookie.name) === cookie.value)
}

/** The slot of the release that the client's cookie names, as long as that slot has any weight. */
function kept({ routing, slots }: View, headers: IncomingHttpHeaders): Slot | null {
  if (!routing.sticky) return null
  const release = cookieOf(headers, stickyCookie)
  if (release === null) return null
  const named = (slot: Slot) => slots[slot]?.release.id === release && routing.weights[slot] > 0
  return named('stable') ? 'stable' : named('candidate') ? 'candidate' : null
}

export function cookieOf(headers: IncomingHttpHeaders, name: string): string | null {
  for (const part of headers.cookie?.split(';') ?? []) {
    const at = part.indexOf('=')
    if (part.slice(0, at).trim() === name) return part.slice(at + 1).trim()
  }
  return null
}
