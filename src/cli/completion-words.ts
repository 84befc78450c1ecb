import type { SettingName } from '../config/settings.js'
import { type Command, commandNames, descriptionOf, optionsOf, settingsOf } from './commands.js'
import { shellNames } from './shell-syntax.js'
import { periods } from '../registry/statistics/periods.js'

/** What a flag's value can be: a file, a directory, one of a few words, or any text. */
export type Values = 'file' | 'directory' | 'text' | readonly string[]

/** A flag that a shell completes. */
export interface CompletedFlag {
  readonly flag: string
  readonly meaning: string
  /** Undefined for a switch, which takes no value. */
  readonly values: Values | undefined
}

/** A command that a shell completes; `help` is one, too. */
export interface CompletedCommand {
  readonly name: string
  readonly summary: string
  /** The words that its first operand can be. */
  readonly choices: readonly string[]
  readonly flags: readonly CompletedFlag[]
}

/** The settings whose values are files, directories or words; a spec compares the words with the schema. */
export const SETTING_VALUES: Readonly<Partial<Record<SettingName, Values>>> = {
  dataDir: 'directory',
  blobDelivery: ['redirect', 'stream'],
  auth: ['strict', 'relaxed'],
  tlsCert: 'file',
  tlsKey: 'file',
  eventsFile: 'file',
  initDir: 'directory',
  config: 'file',
  log: ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'],
}

const HELP: CompletedFlag = { flag: '--help', meaning: 'describes the command', values: undefined }

/** All commands with what can follow them, from the tables of commands and settings. */
export const completedCommands = (): readonly CompletedCommand[] => [
  ...commandNames.map(completed),
  { name: 'help', summary: 'describes a command, with examples', choices: commandNames, flags: [] },
]

function completed(name: Command): CompletedCommand {
  const { summary, choices = [] } = descriptionOf(name)
  const own = optionsOf(name).map(({ flag, value, meaning }) => ({ flag, meaning, values: valuesNamed(value) }))
  const ofSettings = settingsOf(name).map(({ name: setting, flag, meaning, isSwitch = false }) => ({
    flag,
    meaning,
    values: isSwitch ? undefined : (SETTING_VALUES[setting] ?? 'text'),
  }))
  return { name, summary, choices, flags: [...own, ...ofSettings, HELP] }
}

/** The placeholder in the usage line says what an option's value is. */
function valuesNamed(placeholder: string | undefined): Values | undefined {
  if (placeholder === undefined) return undefined
  if (placeholder === 'DIRECTORY') return 'directory'
  if (placeholder === 'SHELL') return shellNames
  if (placeholder === 'PERIOD') return periods
  return placeholder === 'FILE' ? 'file' : 'text'
}
