import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { DockerfileParser } from 'dockerfile-ast'
import { validate } from 'dockerfile-utils'
import ignore from 'ignore'
import { describe, expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const read = (name: string) => readFileSync(resolve(root, name), 'utf8')
const text = read('Dockerfile')
const dockerfile = DockerfileParser.parse(text)
const instructions = (keyword: string) => dockerfile.getInstructions().filter((each) => each.getKeyword() === keyword)
const argumentsOf = (keyword: string) => instructions(keyword).map((each) => each.getArgumentsContent() ?? '')

describe('the Dockerfile', () => {
  test('is valid', () => {
    expect(validate(text)).toEqual([])
  })

  test('uses the Node that the repository pins', () => {
    const { devDependencies } = JSON.parse(read('package.json')) as { devDependencies: { node: string } }
    for (const from of dockerfile.getFROMs()) expect(from.getImageTag()).toBe(`${devDependencies.node}-bookworm-slim`)
  })

  test('does not run as root', () => {
    expect(argumentsOf('USER')).toEqual(['node'])
  })

  test('copies what exists and what .dockerignore lets through', () => {
    const ignored = ignore().add(read('.dockerignore'))
    const sources = dockerfile
      .getCOPYs()
      .filter((copy) => copy.getFromFlag() === null)
      .flatMap((copy) => (copy.getArgumentsContent() ?? '').split(/\s+/).slice(0, -1))
    expect(sources).toContain('src')
    for (const source of sources) {
      expect(existsSync(resolve(root, source)), source).toBe(true)
      expect(ignored.ignores(source), source).toBe(false)
    }
    expect(ignored.ignores('.tidegate/agent/token')).toBe(true)
    expect(ignored.ignores('node_modules')).toBe(true)
  })

  test('runs the worker that the build makes', () => {
    const [, script] = JSON.parse(argumentsOf('CMD')[0] ?? '[]') as string[]
    expect(existsSync(resolve(root, (script ?? '').replace('dist/', '').replace('.js', '.ts')))).toBe(true)
  })
})
