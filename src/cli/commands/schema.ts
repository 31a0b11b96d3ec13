import { exitCodes } from '../../errors.ts'
import { jsonSchemas } from '../../spec/json-schema.ts'
import { wrong } from '../address.ts'
import type { Action } from '../options.ts'

const files: Readonly<Record<string, string>> = {
  spec: 'tidegate.schema.json',

  service: 'tidegate.schema.json',
  config: 'tidegate.config.schema.json',
}

/** Prints the JSON Schema, for editors. */
const schema: Action = async (_out, _options, which = 'service') => {
  const text = jsonSchemas()[files[which] ?? '']
  if (text === undefined) throw wrong(`There is no schema ${which}`, 'It is `service` or `config`.')
  process.stdout.write(text)
  return exitCodes.done
}

export default schema
