import { settings } from '../config/settings.js'
import { type Command, commands, descriptionOf, usageOf } from './commands.js'

/** The text of `ecr-local --help`: the commands and the table of settings; for one command, its options and examples. */
export const help = (topic?: Command): string => (topic === undefined ? overview() : helpOf(topic))

function overview(): string {
  return [
    'Amazon ECR on this machine, with its pull through cache.',
    '',
    'ecr-local <command> [flags]',
    '',
    ...table(Object.entries(commands).map(([name, { summary }]) => [name, summary])),
    '',
    'ecr-local help <command> (or <command> --help) describes a command, with examples; -v, --version shows the version.',
    '',
    ...settingsTable('all'),
    '',
    'A flag is stronger than the environment, which is stronger than the file. The file may also say accounts,',
    'signatures, upstreams, network, quotas, garbage, limits and pullThroughCache; ecr-local.schema.json describes it, and',
    'editors complete it. Pass secrets in the environment: flags are visible in the list of processes.',
    '',
    'A line with "msg":"ready" on standard output says that the planes answer. Stops on SIGTERM and Ctrl-C, and with npm or',
    'npx where one of them started it in the foreground.',
    'Exit status: 0 stopped as asked, 1 failed, or fsck found what is not mended, 2 wrong settings, something in the way,',
    'or nothing there to explain.',
    '',
  ].join('\n')
}

function helpOf(command: Command): string {
  const { summary, options = [], settings: applicable, examples } = descriptionOf(command)
  const own = options.map(({ flag, value = '', meaning }) => [`${flag} ${value}`.trim(), meaning])
  return [
    `ecr-local ${command}: ${summary}.`,
    '',
    usageOf(command),
    ...(own.length > 0 ? ['', ...table(own)] : []),
    ...(applicable.length > 0 ? ['', ...settingsTable(applicable)] : []),
    '',
    examples.length > 1 ? 'Examples:' : 'Example:',
    ...examples.map((example) => `  ${example}`),
    '',
  ].join('\n')
}

function settingsTable(shown: 'all' | readonly string[]): string[] {
  const rows = settings
    .filter(({ name }) => shown === 'all' || shown.includes(name))
    .map(({ flag, environment, byDefault, meaning }) => [flag, environment, byDefault, meaning])
  return table([['flag', 'environment', 'default', 'meaning'], ...rows])
}

function table(rows: string[][]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)))
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd())
}
