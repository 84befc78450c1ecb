import { readCommandLine } from './cli/command-line.js'
import { help } from './cli/help.js'
import { UsageError } from './config/usage-error.js'
import { sourceStacks } from './cli/source-stacks.js'
import { version } from './version.js'

// The SDK would warn users of this program about versions of Node that its own later versions will need.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true'

main().catch((error: unknown) => {
  const isUsage = error instanceof UsageError
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
  process.stderr.write(isUsage ? `ecr-local: ${error.message}\n` : `${sourceStacks()(stack)}\n`)
  process.exit(isUsage ? 2 : 1)
})

async function main(): Promise<void> {
  const line = readCommandLine(process.argv.slice(2))
  // An export to standard output says by itself that the reader of its archive has ended.
  const isArchive = line.command === 'export' && line.operands[0] === '-'
  if (!isArchive) process.stdout.on('error', endWithoutOutput)
  if (line.command === 'help') return void process.stdout.write(help(line.operands[0]))
  if (line.command === 'version') return void process.stdout.write(`${version}\n`)
  // Help and the version answer at once: what every other command needs takes several times as long to load as they
  // take.
  const { runCommand } = await import('./cli/run-command.js')
  await runCommand(line.command, line, process)
}

/** The exit status of a program that SIGPIPE ends, as it ends most programs whose reader has read enough. */
const READER_HAS_ENDED = 141

/** Ends the process if its results cannot be written: quietly if their reader has ended, as `| head` does. */
function endWithoutOutput({ code, message }: NodeJS.ErrnoException): never {
  if (code === 'EPIPE') process.exit(READER_HAS_ENDED)
  process.stderr.write(`ecr-local: Standard output cannot be written (${message})\n`)
  process.exit(1)
}
