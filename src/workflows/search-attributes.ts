import {
  defineSearchAttributeKey,
  type SearchAttributePair,
  SearchAttributeType,
  TypedSearchAttributes,
} from '@temporalio/common'
import { upsertMemo, upsertSearchAttributes } from '@temporalio/workflow'
import type { StrategyName, Target, Visibility } from '../spec/model.ts'
import { searchAttributeNames } from './messages.ts'

const keyword = (name: string) => defineSearchAttributeKey(name, SearchAttributeType.KEYWORD)

const keys = {
  service: keyword(searchAttributeNames.service),
  environment: keyword(searchAttributeNames.environment),
  location: keyword(searchAttributeNames.location),
  version: keyword(searchAttributeNames.version),
  status: keyword(searchAttributeNames.status),
  strategy: keyword(searchAttributeNames.strategy),
}

export interface Visible extends Target {
  version?: string
  status?: string
  strategy?: StrategyName
}

const pairs = (values: Partial<Visible>): SearchAttributePair[] =>
  Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [{ key: keys[name as keyof typeof keys], value: value as string }],
  )

/** What a workflow is started with, so that it is found: search attributes, or the memo where they are not registered. */
export function startVisibly(visibility: Visibility, values: Visible) {
  return visibility === 'full'
    ? { typedSearchAttributes: new TypedSearchAttributes(pairs(values)) }
    : { memo: { ...values } as Record<string, unknown> }
}

/** What has changed since. An unregistered search attribute would fail the workflow's task, hence `none`. */
export function showVisibly(visibility: Visibility, values: Partial<Visible>): void {
  if (visibility === 'full') upsertSearchAttributes(pairs(values))
  else upsertMemo({ ...values })
}
