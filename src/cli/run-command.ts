import type { Config } from '../config/config.js'
import { readConfig } from '../config/read-config.js'
import { logBesideOutput, openLog } from './process-log.js'
import type { CommandLine } from './command-line.js'
import type { Command, Shell } from './commands.js'
import { isArchive } from './operands.js'
import type { Log } from '../registry/ports/log.js'
import { fsck } from './fsck-command.js'
import { gc } from './gc-command.js'
import { openProgress, type Progress } from './progress-display.js'
import { runLifecycle } from './lifecycle-command.js'
import type { TransferReport } from './transfer-report.js'
import { usageErrorFrom } from './startup-errors.js'
import { serve } from './serve.js'
import { warningsAboutVariables } from './variable-warnings.js'

/** Runs a command to its end, and ends the process with its exit status unless that is 0. */
type Run = (line: CommandLine, process: NodeJS.Process) => Promise<void>

/**
 * Runs a command to its end and sets the exit status. Throws UsageError if the settings or the state of this machine
 * prevent it.
 */
export const runCommand = (command: Command, line: CommandLine, process: NodeJS.Process): Promise<void> =>
  runners[command](line, process)

const readSettings = ({ flags }: CommandLine, { env }: NodeJS.Process) => readConfig(flags, env)

/** The settings of a command that starts no planes: its warnings go to standard error, those of planes to their log. */
function configOf(line: CommandLine, process: NodeJS.Process): Config {
  for (const warning of warningsAboutVariables(process.env)) process.stderr.write(`ecr-local: ${warning}\n`)
  return readSettings(line, process)
}

const writeTo =
  ({ stdout }: NodeJS.Process) =>
  (text: string) =>
    void stdout.write(text)
const isJson = ({ options }: CommandLine) => options.json === true
const endWith = (process: NodeJS.Process, isWell: boolean) => endWithStatus(process, isWell ? 0 : 1)

/** Ends the process once its results are written. If they cannot be, their error arrives before, and ends it. */
function endWithStatus(process: NodeJS.Process, status: number): void {
  const { stdout } = process
  const end = () => void setImmediate(() => process.exit(status))
  if (stdout.writable) stdout.write('', end)
  else end()
}

/**
 * How each command is run. `certs`, `demo` and `import` are loaded only when they are run: their libraries for
 * certificates and for calling ECR each take half as long to load as everything that a start needs.
 */
const runners: Readonly<Record<Command, Run>> = {
  start: (line, process) => serve('start', () => readSettings(line, process), process),
  'control-plane': (line, process) => serve('control-plane', () => readSettings(line, process), process),
  'data-plane': (line, process) => serve('data-plane', () => readSettings(line, process), process),
  async demo(_line, process) {
    const { demo } = await import('../demo/demo.js')
    endWith(process, await demo(process.stdout))
  },
  async import(line, process) {
    const [archive = ''] = line.operands
    if (isArchive(archive)) return importArchive(archive, line, process)
    const { importImages } = await import('./import-command.js')
    const progress = openProgress(process)
    const options = { images: line.operands, environment: process.env, json: isJson(line), ...progress }
    endWith(process, await importImages(configOf(line, process), options).finally(progress.end))
  },
  async export(line, process) {
    const { exportTo } = await import('./export-command.js')
    const [file = ''] = line.operands
    const reports = file === '-' ? process.stderr : process.stdout
    await transfer(line, process, reports, (config, log) => exportTo(file, config, log, process))
  },
  async status(line, process) {
    const { statusOf } = await import('./status-command.js')
    const { text, isRunning } = await statusOf(configOf(line, process), { json: isJson(line) })
    process.stdout.write(text)
    endWith(process, isRunning)
  },
  async top(line, process) {
    const { periodNamed, top } = await import('./top-command.js')
    const period = periodNamed(line.options.period)
    const options = { period, json: isJson(line), once: line.options.once === true }
    endWithStatus(process, await top(configOf(line, process), options, process))
  },
  async env(line, process) {
    const { environmentText } = await import('./env-command.js')
    const { shell, unset } = line.options
    const named = typeof shell === 'string' ? shell : undefined
    const { env: environment, platform } = process
    const options = {
      shell: named,
      unset: unset === true,
      json: isJson(line),
      environment,
      platform,
      flags: line.flags,
    }
    writeTo(process)(await environmentText(configOf(line, process), options))
  },
  async explain(line, process) {
    const { explain } = await import('./explain-command.js')
    const [requestId] = line.operands
    writeTo(process)(await explain(configOf(line, process), requestId, { json: isJson(line) }))
  },
  gc: onStoredState(async ({ config, log, line, progress }) => {
    progress.write(await gc(config, log, { json: isJson(line), reportStep: progress.report }))
    return true
  }),
  fsck: onStoredState(async ({ config, log, line, progress }) => {
    const options = { repair: line.options.repair === true, json: isJson(line), report: progress.report }
    const { text, ok } = await fsck(config, options, log)
    progress.write(text)
    return ok
  }),
  lifecycle: onStoredState(async ({ config, log, line, progress }) => {
    const [, ...repositories] = line.operands
    const dryRun = line.options['dry-run'] === true
    const request = { repositories, dryRun, json: isJson(line), report: progress.report }
    await runLifecycle(config, request, log, progress.write)
    return true
  }),
  async certs(line, process) {
    const { certs, registriesToCover } = await import('./certs-command.js')
    const config = configOf(line, process)
    const { dir } = line.options
    const log = await openLog('error', process.stderr.isTTY, process.stderr)
    const registries = config.realNames ? await registriesToCover(config, log) : []
    const options = { names: line.operands, registries, json: isJson(line), ...(typeof dir === 'string' && { dir }) }
    writeTo(process)(await certs(config, options))
  },
  async completion(line, process) {
    const { completion } = await import('./completion-command.js')
    // The command's description has accepted the operand.
    writeTo(process)(completion(line.operands[0] as Shell))
  },
}

async function importArchive(archive: string, line: CommandLine, process: NodeJS.Process) {
  const { importFrom } = await import('./import-state-command.js')
  await transfer(line, process, process.stdout, (config, log) => importFrom(archive, config, log, process))
}

/** Runs an export or import of state. Its report is a result, except where standard output is the archive. */
async function transfer(
  line: CommandLine,
  process: NodeJS.Process,
  reports: NodeJS.WriteStream,
  run: (config: Config, log: Log) => Promise<TransferReport>,
) {
  const config = configOf(line, process)
  try {
    const { text, document } = await run(config, logBesideOutput(config.log))
    reports.write(`${isJson(line) ? JSON.stringify(document) : text}\n`)
  } catch (error) {
    throw usageErrorFrom(error, config) ?? error
  }
  endWith(process, true)
}

/** A command on the stored state, without planes, which says whether all is well. */
interface Maintenance {
  readonly config: Config
  readonly log: Log
  readonly line: CommandLine
  readonly progress: Progress
}

/** The log goes to standard error, so that standard output holds the report and nothing else. */
function onStoredState(run: (maintenance: Maintenance) => Promise<boolean>): Run {
  return async (line, process) => {
    const config = configOf(line, process)
    const progress = openProgress(process)
    const log = await openLog(config.log, process.stderr.isTTY, { write: progress.note })
    try {
      const isWell = await run({ config, log, line, progress })
      progress.end()
      endWith(process, isWell)
    } catch (error) {
      progress.end()
      throw usageErrorFrom(error, config) ?? error
    }
  }
}
