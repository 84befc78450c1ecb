import { parseArgs, type ParseArgsConfig } from 'node:util'
import { type SettingTexts, settings } from '../config/settings.js'
import { UsageError } from '../config/usage-error.js'
import {
  type Command,
  commandNames,
  descriptionOf,
  flagsOf,
  isCommand,
  optionsOf,
  settingsOf,
  usageOf,
} from './commands.js'
import { didYouMean } from './did-you-mean.js'
import { atMost, type Operands } from './operands.js'

/** The parsed command line; without a command it asks for help. */
export interface CommandLine {
  readonly command: Command | 'help' | 'version'
  /** The settings that were given as flags. */
  readonly flags: SettingTexts
  /** The command's own options, by their names without dashes: the value, or true for a switch. */
  readonly options: Readonly<Record<string, string | true>>
  /** The words after the command, which its description has accepted; for `help` the command to describe, if any. */
  readonly operands: Operands
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
  const given = tokens.flatMap((token) => (token.kind === 'option' ? [token] : []))
  const [word = 'help', ...operands] = tokens.flatMap((token) => (token.kind === 'positional' ? [token.value] : []))
  if (given.some(({ name }) => name === 'help')) return helpFor(word === 'help' ? operands : [word])
  if (given.some(({ name }) => name === 'version')) return lineOf('version')
  if (word === 'help') return helpFor(operands, given)
  const command = commandIn(word)
  const line = { command, ...valuesIn(command, given), operands }
  requireOperands(command, operands)
  return line
}

/** The settings and the options of its own that a command was given. */
function valuesIn(command: Command, given: readonly Option[]): Pick<CommandLine, 'flags' | 'options'> {
  const flags: SettingTexts = {}
  const options: Record<string, string | true> = {}
  for (const option of given) {
    const own = optionsOf(command).find(({ flag }) => flag === option.rawName)
    const setting = settingsOf(command).find(({ flag }) => flag === option.rawName)
    if (own) options[option.name] = valueOf(option, own.value === undefined, own.meaning)
    else if (setting) flags[setting.name] = String(valueOf(option, setting.isSwitch === true, setting.meaning))
    else throw refusedFlag(command, option.rawName)
  }
  return { flags, options }
}

const lineOf = (command: CommandLine['command'], operands: Operands = []): CommandLine => ({
  command,
  flags: {},
  options: {},
  operands,
})

/** Flags without a command, or more than one command, are a mistake that help would hide. */
function helpFor([word, ...more]: Operands, flags: readonly Option[] = []): CommandLine {
  const [flag] = flags
  if (flag) throw flagWithoutCommand(flag.rawName)
  if (more.length > 0) throw new UsageError(`${more.join(' ')} is one argument too many: ecr-local help [COMMAND]`)
  return lineOf('help', word === undefined ? [] : [commandIn(word)])
}

/** Names the first command that takes the flag; if none does, the flag that was meant. */
function flagWithoutCommand(rawName: string): UsageError {
  const owner = ownersOf(rawName)[0]
  if (owner) return new UsageError(`${rawName} needs a command: ecr-local ${owner} ${rawName} … (see ecr-local --help)`)
  const all = [...commandNames.flatMap(flagsOf), '--help', '--version']
  return new UsageError(`There is no flag ${rawName}.${didYouMean(rawName, all)} (see ecr-local --help)`)
}

/** The commands that take a flag. */
const ownersOf = (rawName: string) => commandNames.filter((name) => flagsOf(name).includes(rawName))

function commandIn(word: string): Command {
  if (isCommand(word)) return word
  const listed = `There are ${commandNames.join(', ')} (see ecr-local --help)`
  throw new UsageError(`There is no command ${word}.${didYouMean(word, commandNames)} ${listed}`)
}

/** Lists the flags that the command takes, and says whose flag another is. */
function refusedFlag(command: Command, rawName: string): UsageError {
  const taken = flagsOf(command)
  if (command === 'demo')
    return new UsageError('ecr-local demo takes no settings: it picks free ports and keeps everything in memory')
  const listed = `ecr-local ${command} takes ${[...taken, '--help'].join(', ')}`
  const owners = ownersOf(rawName)
  if (owners.length > 0)
    return new UsageError(`${rawName} is for ecr-local ${owners.join(', ')}, not for ${command}: ${listed}`)
  return new UsageError(`There is no flag ${rawName}.${didYouMean(rawName, taken)} ${listed}`)
}

function valueOf({ rawName, value }: Option, isSwitch: boolean, meaning: string): string | true {
  if (isSwitch && value !== undefined)
    throw new UsageError(`${rawName} takes no value: write it alone, or leave it out`)
  if (isSwitch) return true
  if (!value) throw new UsageError(`${rawName} needs a value: ${meaning}`)
  return value
}

function requireOperands(command: Command, operands: Operands): void {
  const { refuseOperands = atMost(0) } = descriptionOf(command)
  const complaint = refuseOperands(operands)
  if (complaint !== undefined) throw new UsageError(`${complaint}: ${usageOf(command)} (ecr-local help ${command})`)
}

/** Tells parseArgs which flags take a value. The tables of settings and commands are its only source. */
function parsedOptions(): NonNullable<ParseArgsConfig['options']> {
  const typeOf = (isSwitch: boolean) => ({ type: isSwitch ? ('boolean' as const) : ('string' as const) })
  return {
    ...Object.fromEntries(settings.map(({ flag, isSwitch = false }) => [flag.slice(2), typeOf(isSwitch)])),
    ...Object.fromEntries(allOptions().map(({ flag, value }) => [flag.slice(2), typeOf(value === undefined)])),
    help: { type: 'boolean', short: 'h' },
    version: { type: 'boolean', short: 'v' },
  }
}

const allOptions = () => commandNames.flatMap(optionsOf)
