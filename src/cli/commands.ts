import type { SettingName } from '../config/settings.js'

/** The words after a command. */
export type Operands = readonly string[]

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
  /** What is wrong with these operands; undefined if nothing is. Without it, the command takes none. */
  readonly refuseOperands?: (operands: Operands) => string | undefined
  readonly options?: readonly CommandOption[]
  /** The settings that change what the command does. */
  readonly settings: 'all' | readonly SettingName[]
  readonly examples: readonly string[]
}

/** Refuses more operands than this. */
export const atMost =
  (count: number): NonNullable<CommandDescription['refuseOperands']> =>
  (operands) =>
    operands.length > count ? `${operands.slice(count).join(' ')} is one argument too many` : undefined

const anyNumber = () => undefined

/** Whether an operand of import and export is an archive of state, not the name of an image. */
export const isArchive = (operand: string): boolean => operand === '-' || operand.endsWith('.tar')

function refuseImport(operands: Operands): string | undefined {
  if (operands.length === 0)
    return 'ecr-local import needs the images to import from their upstream, or an archive of state'
  const archive = operands.find(isArchive)
  if (archive === undefined || operands.length === 1) return undefined
  return `${archive} is an archive of state, which is imported alone (an image of that name needs its tag: ${archive}:latest)`
}

function refuseExport(operands: Operands): string | undefined {
  const [file, ...more] = operands
  if (file === undefined) return 'ecr-local export needs the file to write, or - for standard output'
  if (!isArchive(file)) return `${file} does not end in .tar, by which ecr-local import knows an archive`
  return more.length > 0 ? `${more.join(' ')} is one argument too many` : undefined
}

const JSON_OPTION: CommandOption = { flag: '--json', meaning: 'print JSON, for programs' }

const CLIENT: readonly SettingName[] = ['host', 'port', 'tlsCert', 'config']
const STORAGE: readonly SettingName[] = ['dataDir', 'store', 'blobs', 'config', 'log']

/** The commands of `ecr-local`, in the order the help lists them. */
export const commands = {
  start: {
    summary: 'both planes, the API and the registry, on one port',
    settings: 'all',
    examples: ['ecr-local start --port 4566 --data-dir ~/.ecr-local'],
  },
  'control-plane': {
    summary: 'the ECR API alone; the data plane runs elsewhere, with the same store, blobs and --secret',
    settings: 'all',
    examples: [
      'ECR_LOCAL_SECRET="$(cat secret)" ecr-local control-plane --store redis://redis:6379/0 --data-plane http://registry.internal:4510',
    ],
  },
  'data-plane': {
    summary: 'the image registry alone',
    settings: 'all',
    examples: ['ECR_LOCAL_SECRET="$(cat secret)" ecr-local data-plane --store redis://redis:6379/0 --host 0.0.0.0'],
  },
  demo: {
    summary: 'shows the pull through cache from start to end, without a network',
    settings: [],
    examples: ['ecr-local demo'],
  },
  import: {
    summary:
      'imports images from their upstream now, even within the 24 hours, and waits until they are complete; of FILE.tar or - (standard input), the state that export wrote',
    operands: 'NAME[:TAG|@DIGEST]... | FILE.tar | -',
    refuseOperands: refuseImport,
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
    settings: STORAGE,
    examples: [
      'ecr-local export state.tar --data-dir ~/.ecr-local',
      'ecr-local export - | ssh other.internal ecr-local import - --store redis://redis:6379/0',
    ],
  },
  status: {
    summary: 'shows what runs and what it holds; exit status 1 if nothing runs',
    options: [JSON_OPTION],
    settings: [...CLIENT, 'adminToken'],
    examples: ['ecr-local status', 'ecr-local status --json --port 4567'],
  },
  env: {
    summary: 'prints the environment in which AWS tools find the emulator, as commands of your shell',
    options: [
      { flag: '--shell', value: 'SHELL', meaning: 'bash, zsh, sh, fish, powershell or cmd; yours unless given' },
      { flag: '--unset', meaning: 'print the commands that remove these variables' },
      JSON_OPTION,
    ],
    settings: [...CLIENT, 'registryPort', 'adminToken'],
    examples: ['eval "$(ecr-local env)"', 'ecr-local env --shell fish | source', 'ecr-local env --json'],
  },
  explain: {
    summary: 'says why a request was refused or answered, by its id; without an id, lists the latest refusals',
    operands: '[REQUEST-ID]',
    refuseOperands: atMost(1),
    settings: [...CLIENT, 'adminToken'],
    examples: ['ecr-local explain', 'ecr-local explain 8f4c2a1e-6d0b-4c43-9a2f-0b7d1c5e9f10'],
  },
  gc: {
    summary: 'removes unreferenced layers, blobs and uploads, as the planes do periodically',
    settings: STORAGE,
    examples: ['ecr-local gc --data-dir ~/.ecr-local'],
  },
  fsck: {
    summary: 'verifies every stored image; --repair repairs what can be repaired',
    options: [{ flag: '--repair', meaning: 'repair what can be repaired' }],
    settings: STORAGE,
    examples: ['ecr-local fsck --data-dir ~/.ecr-local', 'ecr-local fsck --repair --store redis://redis:6379/0'],
  },
  lifecycle: {
    summary: 'run evaluates lifecycle policies now, of all repositories or of the named ones',
    operands: 'run [REPOSITORY]...',
    refuseOperands: ([action]) => (action === 'run' ? undefined : 'ecr-local lifecycle needs to know what to do'),
    options: [{ flag: '--dry-run', meaning: 'only say what would be expired and archived' }],
    settings: STORAGE,
    examples: ['ecr-local lifecycle run --dry-run --data-dir ~/.ecr-local', 'ecr-local lifecycle run team/app'],
  },
  certs: {
    summary: 'makes a certificate for https, for localhost and further names, in the directory --dir (certs)',
    operands: '[NAME|ADDRESS]...',
    refuseOperands: anyNumber,
    options: [{ flag: '--dir', value: 'DIRECTORY', meaning: 'directory of the files; certs unless given' }],
    settings: ['host', 'port', 'registryPort', 'registryHost', 'dataPlane', 'realNames', 'dataDir', 'store', 'config'],
    examples: ['ecr-local certs registry.internal 10.0.0.7', 'ecr-local certs --real-names'],
  },
} as const satisfies Record<string, CommandDescription>

/** A command of `ecr-local`. */
export type Command = keyof typeof commands

/** The names of all commands, in the order the help lists them. */
export const commandNames = Object.keys(commands) as Command[]

/** Whether a word is a command. */
export const isCommand = (word: string): word is Command => Object.hasOwn(commands, word)

/** A command's description; optional fields that it omits are undefined. */
export const descriptionOf = (command: Command): CommandDescription => commands[command]

/** The usage line of a command. */
export function usageOf(command: Command): string {
  const { operands, options = [], settings: applicable } = descriptionOf(command)
  const own = options.map(({ flag, value }) => `[${value === undefined ? flag : `${flag} ${value}`}]`)
  return ['ecr-local', command, operands, ...own, ...(applicable.length > 0 ? ['[flags]'] : [])]
    .filter(Boolean)
    .join(' ')
}
