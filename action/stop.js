// Runs at the end of the job, whether it succeeded or failed: prints the log, folded, and stops what start.js started.
import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { readFileSync, rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { run, stateOf } from './runner.js'

/** A stop takes less than 5 seconds: ecr-local limits it itself. */
const STOP_WITHIN_MS = 6_000

await run(async () => {
  const [container, pid, log, directory] = ['container', 'pid', 'log', 'directory'].map(stateOf)
  if (container) {
    printLog(execFileSync('docker', ['logs', container], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }))
    execFileSync('docker', ['rm', '--force', '--volumes', container], { stdio: 'ignore' })
  }
  if (pid) await stopGroup(Number(pid))
  if (log) printLog(readFileSync(log, 'utf8'))
  if (directory) rmSync(directory, { recursive: true, force: true })
})

async function stopGroup(pid) {
  if (process.platform === 'win32') return void taskkill(pid)
  const deadline = performance.now() + STOP_WITHIN_MS
  for (let signal = 'SIGTERM'; isSent(pid, signal); signal = 0) {
    if (performance.now() > deadline) return void isSent(pid, 'SIGKILL')
    await sleep(50)
  }
}

/** Sends a signal to a process group; 0 only asks whether a process is left in it. */
function isSent(pid, signal) {
  try {
    return process.kill(-pid, signal)
  } catch {
    return false
  }
}

function taskkill(pid) {
  try {
    execFileSync('taskkill', ['/pid', String(pid), '/t', '/f'], { stdio: 'ignore' })
  } catch {
    // It has ended already.
  }
}

/** A line of the log that looks like a command of the runner is only text. */
function printLog(text) {
  const token = randomUUID()
  const lines = [
    '::group::The log of ecr-local',
    `::stop-commands::${token}`,
    text.trimEnd(),
    `::${token}::`,
    '::endgroup::',
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
}
