import { parseArgs, type ParseArgsConfig } from 'node:util'
import { type SettingTexts, type SettingName, settings } from '../config/settings.js'
import { UsageError } from '../config/usage-error.js'
import {
  atMost,
  type Command,
  commandNames,
  type CommandOption,
  descriptionOf,
  isCommand,
  type Operands,
  usageOf,
} from './commands.js'
import { didYouMean } from './did-you-mean.js'

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
  if (word === 'help') return helpFor(operands)
  const command = commandIn(word)
  if (command === 'demo' && given.length > 0)
    throw new UsageError('ecr-local demo takes no settings: it picks free ports and keeps everything in memory')
  const own = given.filter(({ rawName }) => optionNamed(rawName) !== undefined)
  const flags = Object.fromEntries(given.filter((option) => !own.includes(option)).map(settingIn)) as SettingTexts
  const options = Object.fromEntries(own.map((option) => [option.name, ownValue(command, option)]))
  requireOperands(command, operands)
  return { command, flags, options, operands }
}

const lineOf = (command: CommandLine['command'], operands: Operands = []): CommandLine => ({
  command,
  flags: {},
  options: {},
  operands,
})

const helpFor = ([word]: Operands): CommandLine => lineOf('help', word === undefined ? [] : [commandIn(word)])

function commandIn(word: string): Command {
  if (isCommand(word)) return word
  const listed = `There are ${commandNames.join(', ')} (see ecr-local --help)`
  throw new UsageError(`There is no command ${word}.${didYouMean(word, commandNames)} ${listed}`)
}

/** The value of an option of the command itself. */
function ownValue(command: Command, { rawName, value }: Option): string | true {
  const option = optionsOf(command).find(({ flag }) => flag === rawName)
  if (!option) {
    const owners = commandNames.filter((name) => optionsOf(name).some(({ flag }) => flag === rawName))
    throw new UsageError(`${rawName} is for ecr-local ${owners.join(', ')}, not for ${command}`)
  }
  if (option.value === undefined) return switchOf(rawName, value)
  if (!value) throw new UsageError(`${rawName} needs a value: ${option.meaning}`)
  return value
}

function switchOf(rawName: string, value: string | undefined): true {
  if (value !== undefined) throw new UsageError(`${rawName} takes no value`)
  return true
}

function requireOperands(command: Command, operands: Operands): void {
  const { refuseOperands = atMost(0) } = descriptionOf(command)
  const complaint = refuseOperands(operands)
  if (complaint !== undefined) throw new UsageError(`${complaint}: ${usageOf(command)} (ecr-local help ${command})`)
}

function settingIn({ rawName, value }: Option): [SettingName, string] {
  const setting = settings.find(({ flag }) => flag === rawName)
  if (!setting) {
    const flags = [...settings, ...allOptions()].map(({ flag }) => flag).concat('--help', '--version')
    throw new UsageError(`There is no flag ${rawName}.${didYouMean(rawName, flags)} There are ${flags.join(', ')}`)
  }
  if (setting.isSwitch) return [setting.name, String(switchOf(rawName, value))]
  if (!value) throw new UsageError(`${rawName} needs a value: ${setting.meaning}`)
  return [setting.name, value]
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

const optionsOf = (command: Command): readonly CommandOption[] => descriptionOf(command).options ?? []
const allOptions = () => commandNames.flatMap(optionsOf)
const optionNamed = (rawName: string) => allOptions().find(({ flag }) => flag === rawName)
