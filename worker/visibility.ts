import type { Connection } from '@temporalio/client'
import type { Visibility } from '../src/spec/model.ts'
import { searchAttributeNames } from '../src/workflows/messages.ts'

type Operator = Pick<Connection['operatorService'], 'listSearchAttributes' | 'addSearchAttributes'>

/** `INDEXED_VALUE_TYPE_KEYWORD` of temporal.api.enums.v1. */
const keyword = 2

/**
 * Whether Tidegate's search attributes can be used: asks which exist and registers the rest where it may. An
 * unregistered one would fail workflow tasks in a loop, so when in doubt the answer is `none` and the memo is used.
 */
export async function ensureSearchAttributes(operator: Operator, namespace: string): Promise<Visibility> {
  const wanted = Object.values(searchAttributeNames)
  const missing = async () => {
    const { customAttributes } = await operator.listSearchAttributes({ namespace })
    return wanted.filter((name) => !(name in (customAttributes ?? {})))
  }
  try {
    const absent = await missing()
    if (absent.length === 0) return 'full'
    await operator.addSearchAttributes({
      namespace,
      searchAttributes: Object.fromEntries(absent.map((name) => [name, keyword])),
    })
    return (await missing()).length === 0 ? 'full' : 'none'
  } catch {
    return 'none'
  }
}
