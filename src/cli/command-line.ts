import { parseArgs, type ParseArgsConfig } from 'node:util'
import { type SettingTexts, type SettingName, settings } from '../config/settings.js'
import { UsageError } from '../config/usage-error.js'
import { type Command, commands, descriptionOf, isCommand, usageOf } from './commands.js'
import { didYouMean } from './did-you-mean.js'

/** The parsed command line; without a command it asks for help. */
export interface CommandLine {
  readonly command: Command | 'help' | 'version'
  readonly flags: SettingTexts
  /** For `help`: the command to describe; without one, all of them. */
  readonly topic?: Command
  /** For `explain`: the request to explain. */
  readonly requestId?: string
  /** For `certs`: additional names, and the directory of the files. */
  readonly names?: readonly string[]
  readonly dir?: string
  /** For `fsck`: whether it may repair. */
  readonly repair?: boolean
  /** For `lifecycle`: whether it only says what it would do, and the repositories. */
  readonly dryRun?: boolean
  readonly repositories?: readonly string[]
  /** For `import`: the images, as they were typed. */
  readonly images?: readonly string[]
}

interface Option {
  readonly name: string
  readonly rawName: string
  readonly value?: string | undefined
}

/**
 * Parses the arguments after `ecr-local`. Throws UsageError, which names the wrong argument and what would be right.
 */
export function readCommandLine(args: readonly string[]): CommandLine {
  const { tokens } = parseArgs({ args: [...args], options: parsedOptions(), strict: false, tokens: true })
  const options = tokens.flatMap((token) => (token.kind === 'option' ? [token] : []))
  const [word = 'help', ...operands] = tokens.flatMap((token) => (token.kind === 'positional' ? [token.value] : []))
  if (options.some(({ name }) => name === 'help')) return helpFor(word === 'help' ? operands : [word])
  if (options.some(({ name }) => name === 'version')) return { command: 'version', flags: {} }
  if (word === 'help') return helpFor(operands)
  const command = commandIn(word)
  if (command === 'demo' && options.length > 0)
    throw new UsageError('ecr-local demo takes no settings: it picks free ports and keeps everything in memory')
  const own = options.filter(({ rawName }) => isOwnOption(rawName))
  const flags = Object.fromEntries(options.filter((option) => !own.includes(option)).map(settingIn)) as SettingTexts
  return { command, flags, ...ownOf(command, own), ...operandsOf(command, operands) }
}

function helpFor([word]: readonly string[]): CommandLine {
  return { command: 'help', flags: {}, ...(word !== undefined && { topic: commandIn(word) }) }
}

function commandIn(word: string): Command {
  if (isCommand(word)) return word
  const names = Object.keys(commands)
  const listed = `There are ${names.join(', ')} (see ecr-local --help)`
  throw new UsageError(`There is no command ${word}.${didYouMean(word, names)} ${listed}`)
}

function ownOf(command: Command, own: readonly Option[]): Pick<CommandLine, 'dir' | 'repair' | 'dryRun'> {
  for (const { rawName, value } of own) {
    if (!flagsOf(command).includes(rawName))
      throw new UsageError(`${rawName} is for ecr-local ${ownerOf(rawName)}, not for ${command}`)
    if (SWITCHES.includes(rawName) && value !== undefined) throw new UsageError(`${rawName} takes no value`)
    if (rawName === '--dir' && !value) throw new UsageError('--dir needs a value: the directory of the certificates')
  }
  const dir = own.findLast(({ rawName }) => rawName === '--dir')?.value
  const isSet = (flag: string) => own.some(({ rawName }) => rawName === flag)
  return {
    ...(isSet('--repair') && { repair: true }),
    ...(isSet('--dry-run') && { dryRun: true }),
    ...(dir && { dir }),
  }
}

const SWITCHES: readonly string[] = ['--repair', '--dry-run']

type Operands = Pick<CommandLine, 'requestId' | 'names' | 'images' | 'repositories'>

function operandsOf(command: Command, operands: string[]): Operands {
  if (command === 'certs') return { names: operands }
  if (command === 'lifecycle') {
    const [action, ...repositories] = operands
    if (action === 'run') return { repositories }
    throw new UsageError(`ecr-local lifecycle needs to know what to do: ${usageOf(command)}`)
  }
  if (command === 'import') {
    if (operands.length > 0) return { images: operands }
    throw new UsageError(`ecr-local import needs the images to import: ${descriptionOf(command).examples[0]}`)
  }
  const [requestId, ...rest] = command === 'explain' ? operands : [undefined, ...operands]
  if (rest.length > 0)
    throw new UsageError(`${rest.join(' ')} is one argument too many: ${usageOf(command)} (ecr-local help ${command})`)
  return requestId === undefined ? {} : { requestId }
}

/** Tells parseArgs which flags take a value. The tables of settings and commands are its only source. */
function parsedOptions(): NonNullable<ParseArgsConfig['options']> {
  const own = ownOptions().map(({ flag, value }) => [
    flag.slice(2),
    { type: value === undefined ? ('boolean' as const) : ('string' as const) },
  ])
  return {
    ...Object.fromEntries(settings.map(({ flag }) => [flag.slice(2), { type: 'string' as const }])),
    ...(Object.fromEntries(own) as ParseArgsConfig['options']),
    help: { type: 'boolean', short: 'h' },
    version: { type: 'boolean', short: 'v' },
  }
}

function settingIn({ rawName, value }: Option): [SettingName, string] {
  const setting = settings.find(({ flag }) => flag === rawName)
  if (!setting) {
    const flags = [...settings.map(({ flag }) => flag), ...ownOptions().map(({ flag }) => flag), '--help', '--version']
    throw new UsageError(`There is no flag ${rawName}.${didYouMean(rawName, flags)} There are ${flags.join(', ')}`)
  }
  if (!value) throw new UsageError(`${rawName} needs a value: ${setting.meaning}`)
  return [setting.name, value]
}

const ownOptions = () => (Object.keys(commands) as Command[]).flatMap((name) => descriptionOf(name).options ?? [])
const flagsOf = (command: Command) => (descriptionOf(command).options ?? []).map(({ flag }) => flag)
const isOwnOption = (rawName: string) => ownOptions().some(({ flag }) => flag === rawName)
const ownerOf = (rawName: string) =>
  (Object.keys(commands) as Command[]).find((name) => flagsOf(name).includes(rawName))
