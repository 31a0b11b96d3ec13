/**
 * The resolved model: what a spec means once short forms, overlays and defaults are worked out.
 * Types only, no zod: workflow code imports this file. All durations are milliseconds.
 */

/** One service in one environment and location: the unit of locking. */
export interface Target {
  service: string
  environment: string
  location: string
}

/** Names a release: `1.8.0-3f9c2a7b`, the version and the first eight hex digits of the record's digest. */
export interface ReleaseRef {
  id: string
  version: string
  /** `sha256:` and 64 hex digits, of the record's canonical JSON in the content store. */
  digest: string
}

/** Where a release's files come from, before packaging. */
export type ArtifactSource =
  /** A deterministic archive (`.tar.gz`) that already is in the content store. `path` becomes this at the client. */
  | { kind: 'archive'; digest: string; origin?: string }
  /** A package of the npm registry, with its production dependencies. */
  | { kind: 'npm'; name: string; version: string }
  /** A container image, by tag or digest. */
  | { kind: 'image'; reference: string }
  /** Existing manifests, canonical JSON in the content store. */
  | { kind: 'manifests'; digest: string; workload?: string }

export type ArtifactKind = 'path' | 'npm' | 'archive' | 'image' | 'manifests'

/** What `package` made of the source: content by digest, and where it came from. */
export type PackagedArtifact =
  | { kind: 'archive'; digest: string; provenance?: Provenance }
  | { kind: 'image'; reference: string; digest?: string }
  | { kind: 'manifests'; digest: string; workload?: string }

export interface Provenance {
  source: string
  integrity?: string
  /** Resolved production dependencies, `name` → `version integrity`: part of the release's digest. */
  dependencies?: Record<string, string>
}

export interface PortSpec {
  name: string
  port: number
}

export type ProbeAction =
  | { kind: 'http'; path: string; port?: string | number }
  | { kind: 'tcp'; port?: string | number }
  | { kind: 'command'; command: string[] }
  | { kind: 'grpc'; port?: string | number; service?: string }

export interface Probe {
  action: ProbeAction
  initialDelayMs: number
  intervalMs: number
  timeoutMs: number
  failureThreshold: number
  successThreshold: number
}

/** A secret by reference: its value is never in a record, a history or a log. */
export interface SecretReference {
  /** Name of the environment variable, or of the secret whose keys all become variables. */
  name: string
  /** Where the value is: `env:NAME`, `file:path`, or a platform's own secret. */
  from: string
}

/** What runs: the part of a spec that is inside the release's digest. */
export interface Workload {
  command: string[]
  args: string[]
  env: Record<string, string>
  secrets: SecretReference[]
  ports: PortSpec[]
  resources: { requests?: Record<string, string>; limits?: Record<string, string> }
  probes: { startup?: Probe; readiness?: Probe; liveness?: Probe }
  gracePeriodMs: number
}

/** A release before packaging: what the client puts into the content store. */
export interface ReleaseDraft {
  service: string
  version: string
  artifact: ArtifactSource
  workload: Workload
}

/** The immutable record of one version; its canonical JSON's digest is its address. */
export interface ReleaseRecord {
  schema: 1
  service: string
  version: string
  artifact: PackagedArtifact
  workload: Workload
}

/** How many instances. Outside the release's digest. */
export type Scale = { replicas: number } | { min: number; max: number }

/** `'25%'` or a number, as users write it; Kubernetes' rounding (surge up, unavailable down). */
export type CountOrPercent = number | `${number}%`

export type StrategyName = 'canary' | 'blue-green' | 'rolling' | 'recreate'

export interface CanaryStep {
  /** Percent of traffic on the candidate while the step lasts, 0 to 100. */
  weight: number
  /** How long the step lasts (ms), or `manual`: until a person promotes. */
  pause: number | 'manual'
  /** Measured during the pause. Absent: health and restarts are the measure. */
  analysis?: AnalysisSpec
}

export interface CanaryOptions {
  steps: CanaryStep[]
  /** Measured in the background over the whole canary. */
  analysis?: AnalysisSpec
  require: 'no-harm' | 'certified'
}

export interface BlueGreenOptions {
  /** Checks against the preview, before any traffic. */
  verify: Check[]
  autoPromote: boolean
  /** How long it waits for a person where `autoPromote` is false; then it goes back. 0: for ever. */
  promoteTimeoutMs: number
  /** How long the new release is watched at full traffic with the old one still whole. */
  monitorMs: number
  /** How long the old slot stays after the switch, at least. */
  scaleDownDelayMs: number
  analysis?: AnalysisSpec
}

export interface RollingOptions {
  maxSurge: CountOrPercent
  maxUnavailable: CountOrPercent
}

export type Strategy =
  | { name: 'canary'; options: CanaryOptions }
  | { name: 'blue-green'; options: BlueGreenOptions }
  | { name: 'rolling'; options: RollingOptions }
  | { name: 'recreate'; options: Record<string, never> }

/** A plain threshold on the counters of the traffic; the other judges come with their own issue. */
export interface MetricSpec {
  name: string
  provider: 'traffic'
  kind: 'errors' | 'latency'
  /** Error rate as a share (0.01 = 1 %), or milliseconds at the 99th percentile. */
  max: number
}

export interface AnalysisSpec {
  judge: 'threshold'
  metrics: MetricSpec[]
  intervalMs: number
  /** Requests that the candidate must have had before a metric is judged. */
  minRequests: number
  /** Measurements over the limit that are tolerated before it fails. */
  failureLimit: number
  onInconclusive: 'proceed' | 'rollback' | 'pause'
  onNoData: 'proceed' | 'rollback' | 'pause'
}

export type CheckAction =
  | { kind: 'http'; url?: string; path?: string; method: string; expectStatus: number[]; expectBody?: string }
  | { kind: 'tcp'; host?: string; port?: number }
  | { kind: 'command'; command: string[] }

/** When a check runs. `verify` is blue-green's, against the preview. */
export type CheckPhase = 'verify' | 'before-traffic' | 'after-activation' | 'monitor'

export interface Check {
  name: string
  when: CheckPhase[]
  action: CheckAction
  timeoutMs: number
  retries: number
  retryDelayMs: number
}

export interface CheckPolicy {
  /** What a minority of failing checks does. */
  onDegraded: 'proceed' | 'rollback' | 'pause'
  onUnhealthy: 'rollback' | 'pause' | 'proceed'
}

export type StageName = 'package' | 'validate' | 'prepare' | 'execute' | 'activate'

export interface Hook {
  name: string
  at: `before-${StageName}` | `after-${StageName}` | 'before-rollback' | 'after-rollback'
  action:
    | { kind: 'http'; url: string; method: string; headers: Record<string, string> }
    | { kind: 'command'; command: string[] }
  timeoutMs: number
  onFailure: 'fail' | 'warn'
  /** Tried once; a lost answer is `unknown` and asks a person. */
  once: boolean
  /** A migration that nothing older can run after: it stops any rollback past it. */
  irreversible?: boolean
}

/** What a deployment does beside moving the release: everything that may change without a new version. */
export interface Plan {
  strategy: Strategy
  scale: Scale
  /** Nobody asked for a count: `scale` is for a first deployment, and later ones keep what runs. */
  keepScale?: boolean
  traffic: boolean
  checks: Check[]
  checkPolicy: CheckPolicy
  hooks: Hook[]
  /** Whether a person must approve before anything moves. */
  approval: boolean
  /** Time that the deployment may take, not counting time spent waiting for people. */
  deadlineMs: number
  /** Time that instances may take to become ready. */
  readyDeadlineMs: number
  /** How long the new release is watched before the promotion of the slot. */
  bakeMs: number
}

/** Search attributes or, where they can't be registered, the memo. */
export type Visibility = 'full' | 'none'
