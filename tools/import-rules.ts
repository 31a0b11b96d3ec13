/**
 * Which way imports may point, as dependency-cruiser's rules. `everyImport` sees types too; `valueImports` sees what
 * is left when types are stripped, so what really runs.
 */

import type { IForbiddenRuleType } from 'dependency-cruiser'

const named = (name: string, comment: string, from: string, to: string): IForbiddenRuleType => ({
  name,
  comment,
  severity: 'error',
  from: { path: from },
  to: { path: to },
})

/** What workflow code may run: itself, pure code, and the SDK's own two packages. */
const pure = [
  'src/errors\\.ts$',
  'src/analysis/(?!providers/)',
  'src/strategies/',
  'src/workflows/',
  'src/spec/model\\.ts$',
  'src/platforms/(port|fence)\\.ts$',
  'node_modules/@temporalio/(workflow|common)/',
].join('|')

/** What the client may run of the workflows: names, the table of statuses, the converter. */
const spoken = '(messages|status|payload-converter|search-attributes)\\.ts$'

/** Packages of the SDK that talk to a server; everything else may be read by their types. */
const layers = '^(src/(activities|client|cli|api)|worker)/'

export const everyImport: IForbiddenRuleType[] = [
  {
    name: 'resolves',
    comment: 'every import leads somewhere',
    severity: 'error',
    from: {},
    to: { couldNotResolve: true },
  },
  named('errors-alone', 'the table of errors imports nothing', '^src/errors\\.ts$', '.'),
  named(
    'spec-below',
    'the spec is below all else',
    '^src/spec/',
    '^(src/(?!spec/|errors\\.ts|store/canonical)|worker/|tools/)',
  ),
  named(
    'store-below',
    'the store knows spec and errors only',
    '^src/store/',
    '^(src/(?!store/|spec/|errors\\.ts)|worker/|tools/)',
  ),
  named(
    'analysis-below',
    'analysis points to no layer above it',
    '^src/analysis/',
    `${layers}|^src/workflows/|^src/platforms/(?!port\\.ts)|^tools/`,
  ),
  named(
    'platforms-below',
    'a platform knows neither workflows nor what drives it',
    '^src/platforms/',
    `${layers}|^src/workflows/|^tools/`,
  ),
  named(
    'artifacts-below',
    'artifacts know spec, store and errors',
    '^src/artifacts/',
    `${layers}|^src/(workflows|platforms)/|^tools/`,
  ),
  named(
    'effects-below',
    'checks, hooks and notices know no layer above',
    '^src/(checks|hooks|notify)/',
    `${layers}|^src/workflows/|^tools/`,
  ),
  named(
    'strategies-pure',
    'a planner knows types and pure functions',
    '^src/strategies/',
    `${layers}|^tools/|^src/(artifacts|checks|hooks|notify)/`,
  ),
  named(
    'activities-below',
    'activities do not know who calls them',
    '^src/activities/',
    '^(src/(client|cli|api)|worker|tools)/',
  ),
  named(
    'workflows-below',
    'workflows know activities by type only, and nothing above',
    '^src/workflows/',
    '^(src/(client|cli|api)|worker|tools)/',
  ),
  named(
    'client-below',
    'the client speaks to workflows, and knows no activity, worker or interface',
    '^src/client/',
    '^(src/(activities|cli|api)|worker|tools)/',
  ),
  named(
    'worker-below',
    'the worker does not know its callers',
    '^worker/',
    '^src/(cli|api)/|^tools/(?!workflow-bundle)',
  ),
  named(
    'tools-below',
    'tools start servers and know names and errors',
    '^tools/',
    '^src/(activities|client|cli|api|platforms)/|^worker/',
  ),
  named(
    'product-alone',
    'what is shipped needs no test, benchmark or example',
    '^(src|worker|tools)/',
    '^(test|bench|examples)/',
  ),
]

/** Tools of the repository itself, which the package does not ship. */
const unshipped = '^tools/(build|imports|import-rules|test-numbers)\\.ts$'

export const valueImports: IForbiddenRuleType[] = [
  {
    name: 'declared',
    comment: 'what is shipped imports packages that package.json names among its dependencies',
    severity: 'error',
    from: { path: '^(src|worker|tools)/', pathNot: unshipped },
    to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
  },
  { name: 'no-cycle', comment: 'no circle of imports', severity: 'error', from: {}, to: { circular: true } },
  {
    name: 'workflows-pure',
    comment: 'workflow code runs nothing that touches the world, and no zod (it doubles the bundle)',
    severity: 'error',
    from: { path: '^src/workflows/' },
    to: { pathNot: pure, reachable: true },
  },
  {
    name: 'strategies-run-pure',
    comment: 'a planner runs pure code only',
    severity: 'error',
    from: { path: '^src/strategies/' },
    to: { pathNot: pure, reachable: true },
  },
  named(
    'activities-speak',
    'activities run no workflow code but its names',
    '^src/activities/',
    `^src/workflows/(?!${spoken})`,
  ),
  named(
    'client-speaks',
    'the client runs no workflow code but its names',
    '^src/client/',
    `^src/workflows/(?!${spoken})`,
  ),
  named(
    'cli-speaks',
    'the command line runs no workflow or activity',
    '^src/(cli|api)/',
    `^src/(activities/|workflows/(?!${spoken}))`,
  ),
]
