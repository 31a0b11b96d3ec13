/**
 * A converter that never throws on read: one undecodable signal would otherwise fail the workflow's task for ever.
 * What cannot be read becomes a marker, which every handler refuses as it refuses any other wrong shape.
 */
import { DefaultPayloadConverter, type Payload, type PayloadConverter } from '@temporalio/common'

/** What stands in place of a payload that could not be decoded: text, so no handler takes it for an object. */
export const undecodable = 'tidegate: undecodable payload'

class ForgivingPayloadConverter implements PayloadConverter {
  readonly #inner = new DefaultPayloadConverter()

  toPayload<T>(value: T): Payload {
    return this.#inner.toPayload(value)
  }

  fromPayload<T>(payload: Payload): T {
    try {
      return this.#inner.fromPayload<T>(payload)
    } catch {
      return undecodable as T
    }
  }
}

export const payloadConverter = new ForgivingPayloadConverter()
