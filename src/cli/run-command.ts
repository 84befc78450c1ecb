import { readConfig } from '../config/config.js'
import { openLog } from './process-log.js'
import type { CommandLine } from './command-line.js'
import type { Command } from './commands.js'
import { explain } from './explain-command.js'
import { fsck } from './fsck-command.js'
import { gc } from './gc-command.js'
import { runLifecycle } from './lifecycle-command.js'
import { usageErrorFrom } from './startup-errors.js'
import { serve } from './serve.js'

/**
 * Runs a command to its end and sets the exit status. Throws UsageError if the settings or the state of this machine
 * prevent it. `certs`, `demo` and `import` are loaded only when they are run: their libraries for certificates and for
 * calling ECR each take half as long to load as everything that a start needs.
 */
export async function runCommand(command: Command, line: CommandLine, process: NodeJS.Process): Promise<void> {
  const write = (text: string) => void process.stdout.write(text)
  const config = () => readConfig(line.flags, process.env)
  switch (command) {
    case 'demo': {
      const { demo } = await import('../demo/demo.js')
      return process.exit((await demo(process.stdout)) ? 0 : 1)
    }
    case 'explain':
      return write(await explain(config(), line.requestId))
    case 'certs': {
      const { certs } = await import('./certs-command.js')
      return write(await certs(config(), line))
    }
    case 'import': {
      const { importImages } = await import('./import-command.js')
      const { images = [] } = line
      return process.exit((await importImages(config(), { images, environment: process.env, write })) ? 0 : 1)
    }
    case 'gc':
    case 'fsck':
    case 'lifecycle':
      return process.exit((await maintain(command, line, process)) ? 0 : 1)
    default:
      return serve(command, config(), process)
  }
}

/** Runs a command on the stored state, without planes, and returns whether all is well. */
async function maintain(
  command: 'gc' | 'fsck' | 'lifecycle',
  { flags, repair = false, dryRun = false, repositories = [] }: CommandLine,
  { env, stdout }: NodeJS.Process,
) {
  const config = readConfig(flags, env)
  const log = await openLog(config.log, stdout.isTTY)
  try {
    if (command === 'gc') {
      stdout.write(await gc(config, log))
      return true
    }
    if (command === 'lifecycle') {
      await runLifecycle(config, { repositories, dryRun }, log, (text) => void stdout.write(text))
      return true
    }
    const { text, ok } = await fsck(config, { repair }, log)
    stdout.write(text)
    return ok
  } catch (error) {
    throw usageErrorFrom(error, config) ?? error
  }
}
