import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, it } from 'vitest'
import { describeWith } from '../support/describe-with.js'
import { freePort } from '../support/free-port.js'

/** The program that package.json names. */
const entry = fileURLToPath(new URL('../../dist/ecr-local.cjs', import.meta.url))

/** A file to which nothing can be written, as on a disk that is full. */
const FULL = '/dev/full'

const cwd = mkdtempSync(join(tmpdir(), 'ecr-local-output-'))
afterAll(() => rmSync(cwd, { recursive: true }))

/** Starts the program with its standard output in the full file, or in a pipe whose reader has ended. */
function startInto(output: 'full' | 'closed pipe', args: string[]) {
  const full = output === 'full' ? openSync(FULL, 'w') : undefined
  const child = spawn(process.execPath, [entry, ...args], { cwd, stdio: ['ignore', full ?? 'pipe', 'pipe'] })
  if (full !== undefined) closeSync(full)
  child.stdout?.destroy()
  let stderr = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, stderr }))
  return { child, ended }
}

async function whenHealthy(port: number): Promise<number> {
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${port}/health`).catch(() => undefined)
    if (answer) return answer.status
    await pause(20)
  }
}

describeWith({ [FULL]: existsSync(FULL) }, 'standard output that cannot be written', () => {
  it('Planes serve and stop while the disk of their log is full', async () => {
    const port = await freePort()
    const { child, ended } = startInto('full', ['start', '--port', String(port), '--store', 'memory'])
    expect(await whenHealthy(port)).toBe(200)
    child.kill('SIGTERM')
    expect(await ended).toEqual({ code: 0, stderr: '' })
  })

  it('A command whose report cannot be written says so in one line; one whose reader has ended ends as by SIGPIPE', async () => {
    const [full, closed] = [startInto('full', ['help']), startInto('closed pipe', ['help'])]
    const ended = [full, startInto('full', ['status', '--port', '1']), startInto('full', ['top', '--port', '1'])]
    for (const command of ended)
      expect(await command.ended).toEqual({
        code: 1,
        stderr: 'ecr-local: Standard output cannot be written (ENOSPC: no space left on device, write)\n',
      })
    expect(await closed.ended).toEqual({ code: 141, stderr: '' })
  })
})
