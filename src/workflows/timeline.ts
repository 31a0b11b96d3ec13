import type { TimelineEntry } from './messages.ts'

/** Lines that a workflow keeps; the oldest go first, so that state stays small whatever happens. */
export const timelineLimit = 100
const textLimit = 300

/** Appends in place, with the text cut and the oldest lines dropped past the limit. */
export function addLine(timeline: TimelineEntry[], at: number, text: string): void {
  timeline.push({ at: new Date(at).toISOString(), text: cut(text) })
  if (timeline.length > timelineLimit) timeline.splice(0, timeline.length - timelineLimit)
}

/** Text that came from outside, at a length that a state can carry. */
export function cut(text: string, limit = textLimit): string {
  return text.length > limit ? `${text.slice(0, limit - 1)}…` : text
}
