import { parseArgs } from 'node:util'
import { type Given, settings } from '../config/settings.js'
import { UsageError } from '../config/usage-error.js'

/** What may be asked of `ecr-local`. */
export const commands = {
  start: 'both planes in one process',
  'control-plane': 'the ECR API alone; the data plane runs elsewhere, with the same store, blobs and --secret',
  'data-plane': 'the image registry alone',
  demo: 'the whole story of the pull through cache, without a network',
  explain: 'why a request was refused or answered, by its id; without one the latest refusals',
  gc: 'removes what nobody refers to any more, as the planes do from time to time',
  fsck: 'verifies every image that is kept; with --repair mends what can be mended',
  certs: 'makes a certificate for https, for localhost and the names given; --dir says where (certs)',
} as const

export type Command = keyof typeof commands

/** What the command line says; no command means that help is wanted. */
export interface CommandLine {
  readonly command: Command | 'help' | 'version'
  readonly flags: Given
  /** What `explain` is to explain. */
  readonly requestId?: string
  /** For `certs`: further names, and where the files are. */
  readonly names?: readonly string[]
  readonly dir?: string
  /** Whether `fsck` may change something. */
  readonly repair?: boolean
}

/** Flags that are no settings, and the command each belongs to. */
const ownFlags = { '--repair': 'fsck', '--dir': 'certs' } as const

/** Reads the arguments behind `ecr-local`. Throws UsageError, which names the argument and what would be right. */
export function readCommandLine(args: readonly string[]): CommandLine {
  const { tokens } = parseArgs({ args: [...args], options: optionsOfFlags(), strict: false, tokens: true })
  const options = tokens.flatMap((token) => (token.kind === 'option' ? [token] : []))
  const [command = 'help', ...more] = tokens.flatMap((token) => (token.kind === 'positional' ? [token.value] : []))
  if (options.some(({ name }) => name === 'help' || name === 'h')) return { command: 'help', flags: {} }
  if (options.some(({ name }) => name === 'version')) return { command: 'version', flags: {} }
  const flags: Given = Object.fromEntries(
    options
      .filter(({ rawName }) => !isOwnFlag(rawName))
      .map(({ rawName, value }) => [settingOf(rawName), valueOf(rawName, value)]),
  )
  if (!isCommand(command)) throw new UsageError(`There is no command ${command}: ${commandsListed}`)
  if (command === 'demo' && options.length > 0)
    throw new UsageError('ecr-local demo takes no settings: it picks free ports and keeps everything in memory')
  const own = options.filter(({ rawName }) => isOwnFlag(rawName))
  return { command, flags, ...ownOf(command, own), ...operandsOf(command, more) }
}

interface Option {
  readonly rawName: string
  readonly value?: string | undefined
}

function ownOf(command: Command | 'help', own: readonly Option[]): Pick<CommandLine, 'dir' | 'repair'> {
  const stray = own.find(({ rawName }) => isOwnFlag(rawName) && ownFlags[rawName] !== command)
  if (stray && isOwnFlag(stray.rawName))
    throw new UsageError(`${stray.rawName} is for ecr-local ${ownFlags[stray.rawName]}, not for ${command}`)
  const [last] = own.slice(-1)
  if (!last) return {}
  if (command === 'fsck') return { repair: true }
  if (last.value) return { dir: last.value }
  throw new UsageError('--dir wants a value: the directory of the certificates')
}

function operandsOf(command: Command | 'help', more: string[]): Pick<CommandLine, 'requestId' | 'names'> {
  if (command === 'certs') return { names: more }
  const [requestId] = command === 'explain' ? more.splice(0, 1) : []
  if (more.length > 0) throw new UsageError(`${more.join(' ')} is one command too many: ${commandsListed}`)
  return requestId === undefined ? {} : { requestId }
}

const optionsOfFlags = () => ({
  ...Object.fromEntries(settings.map(({ flag }) => [flag.slice(2), { type: 'string' as const }])),
  dir: { type: 'string' as const },
  repair: { type: 'boolean' as const },
  help: { type: 'boolean' as const, short: 'h' },
  version: { type: 'boolean' as const },
})

function settingOf(rawName: string) {
  const found = settings.find(({ flag }) => flag === rawName)
  if (found) return found.name
  throw new UsageError(`There is no flag ${rawName}: there are ${settings.map(({ flag }) => flag).join(', ')}`)
}

function valueOf(rawName: string, value: string | undefined): string {
  if (value) return value
  const { meaning } = settings.find(({ flag }) => flag === rawName) ?? { meaning: '' }
  throw new UsageError(`${rawName} wants a value: ${meaning}`)
}

const isOwnFlag = (rawName: string): rawName is keyof typeof ownFlags => Object.hasOwn(ownFlags, rawName)
const isCommand = (name: string): name is Command | 'help' => name === 'help' || Object.hasOwn(commands, name)
const commandsListed = `there are ${Object.keys(commands).join(', ')} (ecr-local --help tells more)`
