import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SpecCapabilities } from '../../src/spec/capabilities.ts'
import { type EngineConfig, loadConfig } from '../../src/spec/config.ts'
import { parseText } from '../../src/spec/document.ts'
import { type LoadedSpec, specOf } from '../../src/spec/load.ts'
import { type Problem, SpecError } from '../../src/spec/problems.ts'
import { type ResolvedSpec, type ResolveInput, resolve } from '../../src/spec/resolve.ts'

/** A platform that can do everything. */
export const able: SpecCapabilities = {
  weights: 'exact',
  strategies: ['canary', 'blue-green', 'rolling', 'recreate'],
  artifacts: ['path', 'npm', 'archive', 'image', 'manifests'],
  preview: true,
  traffic: true,
  autoscaling: true,
}

export const shop = `service: shop
version: 1.0.0
artifact: .
command: node server.js
port: 8080
ready: /healthz
`

export const folder = '/srv/shop'

/** A spec from its text, as if it were in `folder`. */
export function spec(text: string, packageVersion: string | null = null): LoadedSpec {
  return { ...specOf({ directory: folder, ...parseText(text, 'tidegate.yaml') }), packageVersion }
}

/** The problems of a text; empty where it is right. */
export function problemsOf(act: () => unknown): readonly Problem[] {
  try {
    act()
    return []
  } catch (error) {
    if (error instanceof SpecError) return error.problems
    throw error
  }
}

export const problemsIn = (text: string) => problemsOf(() => spec(text))

export const noConfig: EngineConfig = await loadConfig({ cwd: '/nonexistent' })

/** Resolves a text on a platform that can do everything, but for what is changed. */
export function resolved(
  text: string,
  input: Partial<Omit<ResolveInput, 'spec' | 'platform'>> & { can?: Partial<SpecCapabilities>; pkg?: string } = {},
): ResolvedSpec {
  const { can, pkg, ...others } = input
  const platform = { name: 'local', capabilities: { ...able, ...can } }
  return resolve({ spec: spec(text, pkg ?? null), config: noConfig, environment: 'production', platform, ...others })
}

/** Where a value came from. */
export function originOf(result: ResolvedSpec, path: string): string | undefined {
  return result.origins.find((origin) => origin.path === path)?.from
}

/** Runs with a temporary folder that has these files. */
export async function inFolder<T>(files: Record<string, string | Uint8Array>, act: (cwd: string) => Promise<T>) {
  const cwd = await mkdtemp(join(tmpdir(), 'tidegate-spec-'))
  try {
    for (const [name, content] of Object.entries(files)) await writeFile(join(cwd, name), content)
    return await act(cwd)
  } finally {
    await rm(cwd, { recursive: true, force: true })
  }
}
