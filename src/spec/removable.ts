import * as z from 'zod'

const withMeta = <S extends z.ZodType>(from: z.ZodType, to: S): S => {
  const meta = from.meta()
  return meta === undefined ? to : (to.meta(meta) as S)
}

/**
 * The schema of an overlay: the same, but everything in a mapping may be left out, and `null` removes what the
 * base has. Lists replace lists, so what is inside of them stays as it was.
 */
export function removable(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodOptional) return withMeta(schema, removable(schema.unwrap() as z.ZodType))
  if (schema instanceof z.ZodObject) {
    const shape = Object.fromEntries(
      Object.entries(schema.shape as Record<string, z.ZodType>).map(([key, value]) => [
        key,
        removable(value).nullable().optional(),
      ]),
    )
    return withMeta(schema, schema.clone({ ...schema.def, shape }))
  }
  if (schema instanceof z.ZodUnion) {
    const options = (schema.options as z.ZodType[]).map(removable)
    return withMeta(schema, schema.clone({ ...schema.def, options }))
  }
  if (schema instanceof z.ZodRecord) {
    const valueType = (schema.valueType as z.ZodType).nullable()
    return withMeta(schema, schema.clone({ ...schema.def, valueType }))
  }
  return schema
}
