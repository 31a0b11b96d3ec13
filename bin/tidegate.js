#!/usr/bin/env node
// The command of the package and of a checkout alike: the sources where they are, what was built from them otherwise.
import { existsSync } from 'node:fs'

const sources = new URL('../src/cli/main.ts', import.meta.url)
await import(existsSync(sources) ? sources.href : new URL('../dist/src/cli/main.js', import.meta.url).href)
