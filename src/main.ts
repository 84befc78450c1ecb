import { constants } from 'node:os'
import { type CommandLine, readCommandLine } from './cli/command-line.js'
import { isForegroundScript, parentGone } from './cli/parent.js'
import type { StartCommand } from './cli/start.js'
import type { Running } from './compose.js'
import type { Config } from './config.js'
import type { Given } from './config/settings.js'
import { UsageError } from './config/usage-error.js'

/** Connections that are still open after the planes' own bound, and stores that do not close, are left behind. */
const STOP_WITHIN_MS = 4500

/** npm passes a Ctrl-C on to the process that the terminal has told already: that is no second wish. */
const SECOND_SIGNAL_AFTER_MS = 300

main().catch((error: unknown) => {
  if (!(error instanceof UsageError)) throw error
  process.stderr.write(`ecr-local: ${error.message}\n`)
  process.exit(2)
})

/** What is not needed is not loaded: help and refusals are immediate, and the start is quick. */
async function main(): Promise<void> {
  const line = readCommandLine(process.argv.slice(2))
  const { command, flags } = line
  if (command === 'help') {
    const { help } = await import('./cli/help.js')
    process.stdout.write(help(line.topic))
  } else if (command === 'version') {
    const { version } = await import('./version.js')
    process.stdout.write(`${version}\n`)
  } else if (command === 'demo') {
    hushSdk()
    const { demo } = await import('./demo/demo.js')
    process.exit((await demo(process.stdout)) ? 0 : 1)
  } else if (command === 'explain') {
    process.stdout.write(await explanation(line))
  } else if (command === 'certs') {
    process.stdout.write(await certificates(line))
  } else if (command === 'import') {
    process.exit((await importing(line)) ? 0 : 1)
  } else if (command === 'gc' || command === 'fsck') {
    process.exit((await lookAfter(command, line)) ? 0 : 1)
  } else {
    await serve(command, flags)
  }
}

/** What this process is to do, from all places settings come from. */
async function settingsOf(flags: Given): Promise<Config> {
  const { readConfig } = await import('./config.js')
  const config = readConfig(flags, process.env)
  if (config.blobs !== 'disk') hushSdk()
  return config
}

/** The SDK would warn whoever uses this of the versions of Node its own later versions will want. */
function hushSdk(): void {
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true'
}

async function explanation({ requestId, flags }: CommandLine): Promise<string> {
  const { explain } = await import('./cli/explain.js')
  return explain(await settingsOf(flags), requestId)
}

async function certificates({ flags, names, dir }: CommandLine): Promise<string> {
  const { certs } = await import('./cli/certs.js')
  return certs(await settingsOf(flags), { names, dir })
}

async function importing({ flags, images = [] }: CommandLine): Promise<boolean> {
  hushSdk()
  const { importImages } = await import('./cli/import.js')
  const write = (text: string) => void process.stdout.write(text)
  return importImages(await settingsOf(flags), { images, environment: process.env, write })
}

/** Runs a command on the state, without planes, and says whether all is well. */
async function lookAfter(command: 'gc' | 'fsck', { flags, repair = false }: CommandLine): Promise<boolean> {
  const config = await settingsOf(flags)
  const [{ openLog }, { obstacleOf }] = await Promise.all([import('./log.js'), import('./cli/obstacle.js')])
  const log = await openLog(config.log, process.stdout.isTTY)
  try {
    if (command === 'gc') {
      const { gc } = await import('./cli/gc.js')
      process.stdout.write(await gc(config, log))
      return true
    }
    const { fsck } = await import('./cli/fsck.js')
    const { text, ok } = await fsck(config, { repair }, log)
    process.stdout.write(text)
    return ok
  } catch (error) {
    throw obstacleOf(error, config) ?? error
  }
}

async function serve(command: StartCommand, flags: Given): Promise<void> {
  const stopAsked = Promise.race([firstSignal(), ...(isForegroundScript(process.env) ? [parentGone()] : [])])
  const config = await settingsOf(flags)
  const onTerminal = process.stdout.isTTY
  const [{ openLog }, { start }] = await Promise.all([import('./log.js'), import('./cli/start.js')])
  const log = await openLog(config.log, onTerminal)
  process.on('uncaughtException', (err, origin) => {
    log.error({ err, origin }, 'failed unexpectedly')
    process.exit(1)
  })
  const running = await start(command, config, log)
  // Only a terminal that is closed means by it that the process is to end.
  if (config.tlsCert !== undefined || !onTerminal) process.on('SIGHUP', () => running.renewCertificate())
  await announce(running, config, onTerminal)
  const end = await Promise.race([stopAsked, running.failed])
  const exitCode = end instanceof Error ? 1 : 0
  if (end instanceof Error) log.error({ reason: end.message }, 'stopping, since the store cannot be used any more')
  else log.info({ reason: end }, 'stopping')
  setTimeout(() => process.exit(exitCode), STOP_WITHIN_MS)
  await running.close()
  process.exit(exitCode)
}

/** Tells people with a banner and programs with a line of JSON, whatever the log's level, that the planes answer. */
async function announce(running: Running, config: Config, onTerminal: boolean): Promise<void> {
  const [{ jsonLog }, { banner, warningsFor }] = await Promise.all([import('./log.js'), import('./cli/announce.js')])
  if (onTerminal) return void process.stdout.write(banner(running, config))
  const lines = jsonLog('info')
  for (const warning of warningsFor(config)) lines.warn({ auth: config.auth, host: config.host }, warning)
  lines.info({ endpoint: running.endpoint, registry: running.registry }, 'ready')
}

/** The signal that asks to stop; another one after it ends the process at once. */
function firstSignal(): Promise<NodeJS.Signals> {
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
