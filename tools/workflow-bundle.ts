/** The workflows as one script, made once: for all tests and replays, and for the package. */

import { existsSync, mkdirSync } from 'node:fs'
import { join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundleWorkflowCode } from '@temporalio/worker'
import { defaultCacheDir } from './temporal-ways.ts'

/** Sources run as `.ts`, the package as `.js`. */
const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js'

const root = fileURLToPath(new URL(extension === '.ts' ? '..' : '../..', import.meta.url))

/** The entry of the workflow code beside this file's tree. */
export const workflowsPath = fileURLToPath(new URL(`../src/workflows/index${extension}`, import.meta.url))

/** Reads anything without throwing; in the bundle and in the worker alike. */
export const payloadConverterPath = fileURLToPath(
  new URL(`../src/workflows/payload-converter${extension}`, import.meta.url),
)

/** The compiler that the bundler loads unpacks itself into a cache: into ours, not into the home directory. */
function keepCompilerHere(): void {
  if (process.env.SWC_NATIVE_BINDING_CACHE) return
  const dir = join(defaultCacheDir(), 'swc')
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  process.env.SWC_NATIVE_BINDING_CACHE = dir
}

/** A script to write to a file and give to `Worker.create` as `workflowBundle: { codePath }`. About a second. */
export async function bundleWorkflows(): Promise<string> {
  if (!existsSync(workflowsPath)) throw new Error(`There is no workflow code at ${workflowsPath}`)
  keepCompilerHere()
  const quiet = { log() {}, trace() {}, debug() {}, info() {}, warn: console.warn, error: console.error }
  const { code } = await bundleWorkflowCode({
    workflowsPath,
    payloadConverterPath,
    logger: quiet,
    // Names in it, and in the stack traces of workflows, are relative: nothing of the machine that made it is shipped.
    webpackConfigHook: (config) => ({
      ...config,
      context: root,
      // The sources themselves are not needed for a stack trace, and are half of the script.
      devtool: 'inline-nosources-source-map',
      output: {
        ...config.output,
        pathinfo: false,
        devtoolModuleFilenameTemplate: ({ absoluteResourcePath: path }: { absoluteResourcePath: string }) =>
          path.replaceAll(root, '').replaceAll(sep, '/'),
      },
    }),
  })
  return code
}
