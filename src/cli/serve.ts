import { constants } from 'node:os'
import type { Running } from '../compose/compose.js'
import type { Config } from '../config/config.js'
import { jsonLog, type LogDestination, openLog, openOutput } from './process-log.js'
import { banner, warningsFor } from './banner.js'
import { isForegroundScript, parentExit } from './parent-process.js'
import { openProgress } from './progress-display.js'
import { initScripts } from '../localstack/init-scripts.js'
import type { Log } from '../registry/ports/log.js'
import { runBoot, runStage, scriptsOf, SHUTDOWN_SCRIPTS_MS } from './run-init-scripts.js'
import { start, type StartCommand } from './start.js'
import { warningsAboutVariables } from './variable-warnings.js'
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

/**
 * Runs planes until a signal, the end of the parent or a lost store stops them, then ends the process. Init scripts are
 * run only with both planes, since each plane of its own would run them once more.
 */
export async function serve(command: StartCommand, readSettings: () => Config, process: NodeJS.Process): Promise<void> {
  const stopRequest = Promise.race([firstSignal(process), ...(isForegroundScript(process.env) ? [parentExit()] : [])])
  const { env: environment, stdout } = process
  const settings = readSettings()
  const output = stdout.isTTY ? stdout : openOutput()
  const firstLog = await openLog(settings.log, stdout.isTTY, output)
  process.on('uncaughtException', (err, origin) => {
    firstLog.error({ err, origin }, 'failed unexpectedly')
    process.exit(1)
  })
  for (const warning of warningsAboutVariables(environment)) firstLog.warn({}, warning)
  const stopping = new AbortController()
  void stopRequest.then(() => stopping.abort())
  const scripts = command === 'start' ? scriptsOf(settings) : initScripts()
  const context = { environment, signal: stopping.signal }
  const config = await runBoot(scripts, readSettings, { ...context, config: settings, log: firstLog })
  const log = config.log === settings.log ? firstLog : await openLog(config.log, stdout.isTTY, output)
  await runStage(scripts, 'START', { ...context, config, log })
  if (stopping.signal.aborted) return process.exit(0)
  const running = await start(command, config, log, scripts)
  // On a terminal without TLS, SIGHUP keeps its usual effect: the terminal was closed, so the process ends.
  if (config.tlsCert !== undefined || config.realNames || !stdout.isTTY)
    process.on('SIGHUP', () => running.renewCertificate())
  announce(running, config, stdout, output)
  const served = { ...context, config, log, endpoint: running.endpoint }
  const whenReady = runStage(scripts, 'READY', served).then(() => announceReady(running, served.signal, output))
  const exitCode = reportStop(await Promise.race([stopRequest, running.failed]), running, log)
  stopping.abort()
  await whenReady
  const progress = showWorkInHand(running, process)
  const end = () => {
    progress.end()
    process.exit(exitCode)
  }
  setTimeout(end, STOP_WITHIN_MS + (scripts.has('SHUTDOWN') ? SHUTDOWN_SCRIPTS_MS : 0))
  await runStage(scripts, 'SHUTDOWN', { ...served, signal: AbortSignal.timeout(SHUTDOWN_SCRIPTS_MS) })
  await running.close()
  end()
}

/** Logs why the process stops, and returns its exit status. */
function reportStop(reason: Error | string, running: Running, log: Log): number {
  if (!(reason instanceof Error)) {
    log.info({ reason, ...running.inHand() }, 'stopping')
    return 0
  }
  log.error({ reason: reason.message }, 'stopping, because the store can no longer be used')
  return 1
}

/**
 * Announces that the planes answer: with a banner on a terminal, otherwise with a line of JSON, even if the log level
 * is higher.
 */
function announce(running: Running, config: Config, stdout: NodeJS.WriteStream, output: LogDestination): void {
  if (stdout.isTTY) return void stdout.write(banner(running, config))
  const lines = jsonLog('info', output)
  for (const warning of warningsFor(config)) lines.warn({ auth: config.auth, host: config.host }, warning)
  if (running.hostsFile) lines.info({ hostsFile: running.hostsFile }, 'names of AWS, on port 443')
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

/** Prints LocalStack's line once everything is as the user's scripts want it, as LocalStack does. */
function announceReady({ endpoint }: Running, { aborted }: AbortSignal, output: LogDestination): void {
  if (endpoint !== undefined && !aborted) output.write(READY_LINE)
}

/** The line that LocalStack ends its start with, and that Testcontainers and other tools for LocalStack wait for. */
const READY_LINE = 'Ready.\n'

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
