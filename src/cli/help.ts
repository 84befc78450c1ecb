import { type Setting, settings } from '../config/settings.js'
import { type Command, commands, descriptionOf, isCommand, optionsOf, settingsOf, usageOf } from './commands.js'

/**
 * The text of `ecr-local --help`: the commands and the table of settings; for one command, its options and examples.
 */
export const help = (topic?: string): string => (topic !== undefined && isCommand(topic) ? helpOf(topic) : overview())

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
    ...settingsTable(settings),
    '',
    'A flag overrides the environment, which overrides the file. The file may also contain seed, accounts, organization,',
    'anonymousPull, signatures, upstreams, network, pullThroughCache, secretsManagerEndpoint, quotas, images, lifecycle,',
    'scanFindings, scanner, scanTimeoutSeconds, events, eventBridgeEndpoint, awsRegion, furtherAddresses, consoleHosts,',
    'garbage and limits; ecr-local.schema.json describes it, so editors can complete it. Pass secrets in the environment:',
    'flags are visible in the list of processes.',
    '',
    'A line with "msg":"ready" on standard output says that the planes answer. Stops on SIGTERM, Ctrl-C, and with the npm or',
    'npx that started it in the foreground.',
    'Exit status: 0 stopped by a signal, 1 failed, or fsck found faults that are not repaired, 2 wrong settings, a conflict',
    'on this machine, or nothing to explain.',
    '',
  ].join('\n')
}

function helpOf(command: Command): string {
  const { summary, examples } = descriptionOf(command)
  const own = optionsOf(command).map(({ flag, value = '', meaning }) => [`${flag} ${value}`.trim(), meaning])
  const applicable = settingsOf(command)
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

function settingsTable(listed: readonly Setting[]): string[] {
  const rows = listed.map(({ flag, environment, byDefault, meaning }) => [flag, environment, byDefault, meaning])
  return table([['flag', 'environment', 'default', 'meaning'], ...rows])
}

function table(rows: string[][]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)))
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd())
}
