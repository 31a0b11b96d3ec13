import * as z from 'zod'

const wholes = new WeakSet<z.ZodType>()

/** Marks a value that is replaced as a whole: an overlay may remove it, but nothing inside of it. */
export function whole<S extends z.ZodType>(schema: S): S {
  wholes.add(schema)
  return schema
}

const withMeta = <S extends z.ZodType>(from: z.ZodType, to: S): S => {
  const meta = from.meta()
  if (meta === undefined) return to
  return to.meta(meta.id === undefined ? meta : { ...meta, id: `${meta.id}Overlay` }) as S
}

const made = new WeakMap<z.ZodType, z.ZodType>()

/**
 * The schema of an overlay: the same, but everything in a mapping may be left out, and `null` removes what the
 * base has. Lists replace lists, so what is inside of them stays as it was.
 */
export function removable(schema: z.ZodType): z.ZodType {
  const known = made.get(schema) ?? (wholes.has(schema) ? schema : changed(schema))
  made.set(schema, known)
  return known
}

function changed(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodOptional) return removable(schema.unwrap() as z.ZodType)
  if (schema instanceof z.ZodObject) {
    const shape = Object.fromEntries(
      Object.entries(schema.shape as Record<string, z.ZodType>).map(([key, value]) => {
        const description = value.meta()?.description
        const field = removable(value).nullable().optional()
        return [key, description === undefined ? field : field.meta({ description })]
      }),
    )
    return withMeta(schema, schema.clone({ ...schema.def, shape }))
  }
  if (schema instanceof z.ZodUnion) {
    const before = schema.options as z.ZodType[]
    const options = before.map(removable)
    if (options.every((option, index) => option === before[index])) return schema
    return withMeta(schema, schema.clone({ ...schema.def, options }))
  }
  if (schema instanceof z.ZodRecord) {
    const valueType = (schema.valueType as z.ZodType).nullable()
    return withMeta(schema, schema.clone({ ...schema.def, valueType }))
  }
  return schema
}
