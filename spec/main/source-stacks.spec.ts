import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { sourceStacks } from '../../src/cli/source-stacks.js'
import { runCli } from '../support/run-cli.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

const root = fileURLToPath(new URL('../../', import.meta.url))
const dist = join(root, 'dist')

describe('stack traces of the bundle', () => {
  it('name files and lines of src when a command fails unexpectedly', async () => {
    await using directory = await temporaryDirectory()
    const preload = join(directory.path, 'fails.cjs')
    await writeFile(preload, "process.stdout.write = () => { throw new TypeError('no output today') }")
    const ended = await runCli(['--version'], { cwd: directory.path, env: { NODE_OPTIONS: `--require=${preload}` } })
    expect(ended).toMatchObject({ code: 1, stdout: '' })
    expect(ended.stderr).toMatch(/^TypeError: no output today\n/)
    const [, file = ''] = /at main \((src\/\S+):\d+:\d+\)/.exec(ended.stderr) ?? []
    expect(file).toBe('src/main.ts')
  })

  it('keep the name of every file of the bundle that has no map, and of files elsewhere', () => {
    const stack = `Error\n at a (${dist}/no-such-file.cjs:1:2)\n at b (/elsewhere/main.cjs:1:2)\n at c (node:fs:1:2)`
    expect(sourceStacks(dist)(stack)).toBe(stack)
  })

  it('lead to files that exist', () => {
    const stack = sourceStacks(dist)(`Error\n at run (${dist}/run-command.cjs:300:1)`)
    const [, file = ''] = /\((src\/\S+):\d+:\d+\)/.exec(stack) ?? []
    expect(existsSync(join(root, file))).toBe(true)
    expect(file).toMatch(/\.ts$/)
  })
})
