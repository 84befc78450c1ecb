import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { screen } from '../../src/demo/screen.js'
import { runCli } from '../support/run-cli.js'

const cwd = mkdtempSync(join(tmpdir(), 'ecr-local-demo-'))
afterAll(() => rmSync(cwd, { recursive: true }))

it('The demo tells the whole story, checks itself and leaves no file behind', async () => {
  const begun = performance.now()
  const { code, stdout, stderr } = await runCli(['demo'], { cwd })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(performance.now() - begun).toBeLessThan(10_000)
  expect(stdout).not.toContain('✗')
  expect(stdout).not.toContain('\u001b')
  expect(stdout).not.toContain('undefined')
  expect(stdout).toContain('everything was requested from the upstream once: 3 GET manifest, 8 GET blob')
  expect(stdout.match(/requests to the upstream: 0/g)).toHaveLength(2)
  expect(stdout).toContain('one check, then what is new: 1 HEAD manifest, 3 GET manifest, 4 GET blob')
  expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThan(120)
  expect(readdirSync(cwd)).toEqual([])
})

it('The demo fails as a whole if one check fails', () => {
  let text = ''
  const show = screen((more) => (text += more), false)
  show.step('Something')
  show.check('holds', true)
  show.check('does not hold', false)
  expect(show.end('All is well')).toBe(false)
  expect(text).toContain('✗ does not hold')
  expect(text).not.toContain('All is well')
})
