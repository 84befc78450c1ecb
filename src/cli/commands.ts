import { type Setting, type SettingName, settings } from '../config/settings.js'
import { anyNumber, atMost, oneOf, type RefuseOperands, refuseExport, refuseImport } from './operands.js'

/** An option of a command, in addition to the settings. */
export interface CommandOption {
  readonly flag: string
  /** The placeholder for its value in the usage line; without one the option is a switch. */
  readonly value?: string
  readonly meaning: string
}

/** Describes a command, for the parser and for help. */
export interface CommandDescription {
  readonly summary: string
  /** The operands in the usage line. */
  readonly operands?: string
  /** The words that the first operand can be, for completion; without them it can be any. */
  readonly choices?: readonly string[]
  /** Without it, the command takes none. */
  readonly refuseOperands?: RefuseOperands
  readonly options?: readonly CommandOption[]
  /** The settings that change what the command does. */
  readonly settings: readonly SettingName[]
  readonly examples: readonly string[]
}

/** For every command that reports something. */
const JSON_REPORT: CommandOption = { flag: '--json', meaning: 'print JSON, for programs: docs/command-line.md' }

const SHELLS = ['bash', 'zsh', 'fish', 'powershell'] as const

const CLIENT: readonly SettingName[] = ['host', 'port', 'tlsCert', 'config']
const STORAGE: readonly SettingName[] = ['dataDir', 'store', 'blobs', 'config', 'log']

/** The settings of a command that serves: all but those that it would ignore. */
const allBut = (...ignored: readonly SettingName[]): readonly SettingName[] =>
  settings.map(({ name }) => name).filter((name) => !ignored.includes(name))

/** The commands of `ecr-local`, in the order the help lists them. */
export const commands = {
  start: {
    summary: 'both planes, the API and the registry, on one port',
    settings: allBut('dataPlane'),
    examples: ['ecr-local start --port 4566 --data-dir ~/.ecr-local'],
  },
  'control-plane': {
    summary: 'the ECR API alone; the data plane runs elsewhere, with the same store, blobs and --secret',
    settings: allBut('realNames', 'initDir'),
    examples: [
      'ECR_LOCAL_SECRET="$(cat secret)" ecr-local control-plane --store redis://redis:6379/0 --data-plane http://registry.internal:4510',
    ],
  },
  'data-plane': {
    summary: 'the image registry alone',
    settings: allBut('port', 'dataPlane', 'realNames', 'initDir'),
    examples: ['ECR_LOCAL_SECRET="$(cat secret)" ecr-local data-plane --store redis://redis:6379/0 --host 0.0.0.0'],
  },
  demo: {
    summary: 'shows the pull through cache from start to end, without a network',
    settings: [],
    examples: ['ecr-local demo'],
  },
  import: {
    summary:
      'imports images from their upstream now, even within the 24 hours; from FILE.tar or -, the state that export wrote',
    operands: 'NAME[:TAG|@DIGEST]... | FILE.tar | -',
    refuseOperands: refuseImport,
    options: [JSON_REPORT],
    settings: [...CLIENT, ...STORAGE.filter((name) => name !== 'config')],
    examples: [
      'ecr-local import ecr-public/nginx/nginx:latest',
      'AWS_PROFILE=team ecr-local import docker-hub/library/redis:7 docker-hub/library/nginx:latest',
      'ecr-local import state.tar --data-dir ~/.ecr-local',
    ],
  },
  export: {
    summary: 'writes all state, records and images, to FILE.tar or - (standard output); planes may be running',
    operands: 'FILE.tar | -',
    refuseOperands: refuseExport,
    options: [JSON_REPORT],
    settings: STORAGE,
    examples: [
      'ecr-local export state.tar --data-dir ~/.ecr-local',
      'ecr-local export - | ssh other.internal ecr-local import - --store redis://redis:6379/0',
    ],
  },
  status: {
    summary: 'shows what runs and what it holds; exit status 1 if nothing runs',
    options: [JSON_REPORT],
    settings: [...CLIENT, 'adminToken'],
    examples: ['ecr-local status', 'ecr-local status --json --port 4567'],
  },
  top: {
    summary:
      'shows pulls, bytes, latency, rules and imports as they change, or once with --json or into a pipe; q ends it',
    options: [
      { flag: '--period', value: 'PERIOD', meaning: 'hour or day; the last hour unless given' },
      { flag: '--once', meaning: 'print one report and end, on a terminal too' },
      JSON_REPORT,
    ],
    settings: [...CLIENT, 'adminToken'],
    examples: ['ecr-local top', 'ecr-local top --period day --once', 'watch -n 60 ecr-local top --port 4567'],
  },
  env: {
    summary: 'prints the environment in which AWS tools find the emulator, as commands of your shell',
    options: [
      { flag: '--shell', value: 'SHELL', meaning: 'bash, zsh, sh, fish, powershell or cmd; yours unless given' },
      { flag: '--unset', meaning: 'print the commands that remove these variables' },
      JSON_REPORT,
    ],
    settings: [...CLIENT, 'registryPort', 'adminToken'],
    examples: ['eval "$(ecr-local env)"', 'ecr-local env --shell fish | source', 'ecr-local env --json'],
  },
  explain: {
    summary: 'says why a request was refused or answered, by its id; without an id, lists the latest refusals',
    operands: '[REQUEST-ID]',
    refuseOperands: atMost(1),
    options: [JSON_REPORT],
    settings: [...CLIENT, 'adminToken'],
    examples: ['ecr-local explain', 'ecr-local explain 8f4c2a1e-6d0b-4c43-9a2f-0b7d1c5e9f10'],
  },
  gc: {
    summary: 'removes unreferenced layers, blobs and uploads, as the planes do periodically',
    options: [JSON_REPORT],
    settings: STORAGE,
    examples: ['ecr-local gc --data-dir ~/.ecr-local'],
  },
  fsck: {
    summary: 'verifies every stored image; --repair repairs what can be repaired',
    options: [{ flag: '--repair', meaning: 'repair what can be repaired' }, JSON_REPORT],
    settings: STORAGE,
    examples: ['ecr-local fsck --data-dir ~/.ecr-local', 'ecr-local fsck --repair --store redis://redis:6379/0'],
  },
  lifecycle: {
    summary: 'run evaluates lifecycle policies now, of all repositories or of the named ones',
    operands: 'run [REPOSITORY]...',
    choices: ['run'],
    refuseOperands: oneOf(['run'], 'lifecycle', 'what to do', anyNumber),
    options: [{ flag: '--dry-run', meaning: 'only say what would be expired and archived' }, JSON_REPORT],
    settings: STORAGE,
    examples: ['ecr-local lifecycle run --dry-run --data-dir ~/.ecr-local', 'ecr-local lifecycle run team/app'],
  },
  certs: {
    summary: 'makes a certificate for https, for localhost and further names, in the directory --dir (certs)',
    operands: '[NAME|ADDRESS]...',
    refuseOperands: anyNumber,
    options: [
      { flag: '--dir', value: 'DIRECTORY', meaning: 'directory of the files; certs unless given' },
      JSON_REPORT,
    ],
    settings: ['host', 'port', 'registryPort', 'registryHost', 'dataPlane', 'realNames', 'dataDir', 'store', 'config'],
    examples: ['ecr-local certs registry.internal 10.0.0.7', 'ecr-local certs --real-names'],
  },
  completion: {
    summary: 'prints the completion script of a shell; its first lines say how the shell loads it',
    operands: SHELLS.join('|'),
    choices: SHELLS,
    refuseOperands: oneOf(SHELLS, 'completion', 'the shell', atMost(0)),
    settings: [],
    examples: ['ecr-local completion bash'],
  },
} as const satisfies Record<string, CommandDescription>

/** A command of `ecr-local`. */
export type Command = keyof typeof commands

/** The names of all commands, in the order the help lists them. */
export const commandNames = Object.keys(commands) as Command[]

/** Whether a word is a command. */
export const isCommand = (word: string): word is Command => Object.hasOwn(commands, word)

/** A shell that there is a completion script for. */
export type Shell = (typeof SHELLS)[number]

/** A command's description; optional fields that it omits are undefined. */
export const descriptionOf = (command: Command): CommandDescription => commands[command]

/** The options of a command's own. */
export const optionsOf = (command: Command): readonly CommandOption[] => descriptionOf(command).options ?? []

/** The settings that a command takes as flags. */
export function settingsOf(command: Command): readonly Setting[] {
  const { settings: applicable } = descriptionOf(command)
  return settings.filter(({ name }) => applicable.includes(name))
}

/** All flags of a command except --help and --version, its own first. */
export const flagsOf = (command: Command): readonly string[] =>
  [...optionsOf(command), ...settingsOf(command)].map(({ flag }) => flag)

/** The usage line of a command. */
export function usageOf(command: Command): string {
  const { operands, options = [], settings: applicable } = descriptionOf(command)
  const own = options.map(({ flag, value }) => `[${value === undefined ? flag : `${flag} ${value}`}]`)
  return ['ecr-local', command, operands, ...own, ...(applicable.length > 0 ? ['[flags]'] : [])]
    .filter(Boolean)
    .join(' ')
}
