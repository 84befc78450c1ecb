import { spawn } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ActionError, saveState } from './runner.js'

/**
 * Starts `ecr-local start` as a process that outlives this step, and resolves with its addresses once it has printed its
 * ready line. State and log are in a directory of their own, which `stop.js` removes.
 */
export async function startProgram({ version, program, port, config, flags, timeoutMs }) {
  const directory = mkdtempSync(join(process.env.RUNNER_TEMP || tmpdir(), 'ecr-local-'))
  const log = join(directory, 'ecr-local.log')
  const args = ['start', '--port', String(port), ...(config ? ['--config', config] : []), ...flags]
  const [command, ...words] = commandFor(program, version)
  const output = openSync(log, 'a')
  const child = spawn(command, [...words, ...args], {
    // A process group of its own: npx passes no signal on to what it started.
    detached: true,
    stdio: ['ignore', output, output],
    env: { ECR_LOCAL_DATA_DIR: join(directory, 'data'), ...process.env },
    shell: process.platform === 'win32',
  })
  closeSync(output)
  saveState({ pid: String(child.pid ?? ''), log, directory })
  let end
  child.once('error', (error) => (end = `${command} cannot be run: ${error.message}`))
  child.once('exit', (code, signal) => (end ??= `ecr-local ended with ${signal ?? `exit status ${code}`}`))
  const deadline = performance.now() + timeoutMs
  while (performance.now() < deadline) {
    const ready = readyLine(log)
    if (ready) {
      child.unref()
      return { endpoint: ready.endpoint, registry: ready.registry, log }
    }
    if (end) throw new ActionError(`${end}: ${lastLine(log)}`)
    await sleep(50)
  }
  // The process is stopped by stop.js, which runs after a failure, too.
  child.unref()
  throw new ActionError(`ecr-local did not answer within ${timeoutMs / 1000} s: ${lastLine(log)}`)
}

/** A program in JavaScript is run by the Node of the job, which comes first in PATH; the runner's own Node is another. */
function commandFor(program, version) {
  if (program) return /\.[cm]?js$/.test(program) ? [nodeOfJob(), program] : [program]
  return ['npx', '--yes', `ecr-local@${version}`]
}

/** A job without a Node of its own, as in a container, has the runner's. */
function nodeOfJob() {
  const name = process.platform === 'win32' ? 'node.exe' : 'node'
  const found = (process.env.PATH ?? '').split(delimiter).some((directory) => isFile(join(directory, name)))
  return found ? 'node' : process.execPath
}

const isFile = (path) => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false

/** The line with which a start announces that it answers: docs/command-line.md. */
function readyLine(log) {
  const line = linesOf(log).find((text) => text.includes('"msg":"ready"'))
  return line && JSON.parse(line)
}

const lastLine = (log) => linesOf(log).at(-1) ?? 'it printed nothing'

const linesOf = (log) => readFileSync(log, 'utf8').split('\n').slice(0, -1)
