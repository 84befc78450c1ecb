import { constants } from 'node:os'
import type { Running } from '../compose/compose.js'
import type { Config } from '../config/config.js'
import { jsonLog, openLog } from './process-log.js'
import { banner, warningsFor } from './banner.js'
import { isForegroundScript, parentExit } from './parent-process.js'
import { openProgress } from './progress.js'
import { start, type StartCommand } from './start.js'
import { inHandText } from './work-in-hand-text.js'

/**
 * The time for closing connections, which the planes limit themselves, and stores. After it the process ends
 * regardless.
 */
const STOP_WITHIN_MS = 4500

/**
 * npm forwards a Ctrl-C that the terminal has already sent to this process. Within this time it does not count as a
 * second one.
 */
const SECOND_SIGNAL_AFTER_MS = 300

/** Runs planes until a signal, the end of the parent or a lost store stops them, then ends the process. */
export async function serve(command: StartCommand, config: Config, process: NodeJS.Process): Promise<void> {
  const stopRequest = Promise.race([firstSignal(process), ...(isForegroundScript(process.env) ? [parentExit()] : [])])
  const onTerminal = process.stdout.isTTY
  const log = await openLog(config.log, onTerminal)
  process.on('uncaughtException', (err, origin) => {
    log.error({ err, origin }, 'failed unexpectedly')
    process.exit(1)
  })
  const running = await start(command, config, log)
  // On a terminal without TLS, SIGHUP keeps its usual effect: the terminal was closed, so the process ends.
  if (config.tlsCert !== undefined || !onTerminal) process.on('SIGHUP', () => running.renewCertificate())
  announce(running, config, process.stdout)
  const reason = await Promise.race([stopRequest, running.failed])
  const exitCode = reason instanceof Error ? 1 : 0
  if (reason instanceof Error)
    log.error({ reason: reason.message }, 'stopping, because the store can no longer be used')
  else log.info({ reason, ...running.inHand() }, 'stopping')
  const progress = showWorkInHand(running, process)
  const end = () => {
    progress.end()
    process.exit(exitCode)
  }
  setTimeout(end, STOP_WITHIN_MS)
  await running.close()
  end()
}

/**
 * Announces that the planes answer: with a banner on a terminal, otherwise with a line of JSON, even if the log level
 * is higher.
 */
function announce(running: Running, config: Config, stdout: NodeJS.WriteStream): void {
  if (stdout.isTTY) return void stdout.write(banner(running, config))
  const lines = jsonLog('info')
  for (const warning of warningsFor(config)) lines.warn({ auth: config.auth, host: config.host }, warning)
  lines.info({ endpoint: running.endpoint, registry: running.registry }, 'ready')
}

/** On a terminal: what the stop waits for, and that it need not. Elsewhere the line of the log says it. */
function showWorkInHand(running: Running, process: NodeJS.Process) {
  const progress = openProgress(process)
  const show = () => {
    const text = inHandText(running.inHand())
    if (text !== '') progress.report({ doing: `Waiting for ${text} (Ctrl-C again ends at once)` })
  }
  show()
  setInterval(show, 100).unref()
  return progress
}

/** Resolves with the first signal that asks to stop; a later one ends the process at once. */
function firstSignal(process: NodeJS.Process): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let state: 'running' | 'stopping' | 'impatient' = 'running'
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => {
        if (state === 'impatient') process.exit(128 + constants.signals[signal])
        if (state === 'stopping') return
        state = 'stopping'
        setTimeout(() => (state = 'impatient'), SECOND_SIGNAL_AFTER_MS)
        resolve(signal)
      })
    }
  })
}
