import { settings } from '../config/settings.js'
import { commands } from './command-line.js'

/** What `ecr-local --help` prints: the commands and the table of settings. */
export function help(): string {
  const rows = settings.map(({ flag, environment, byDefault, meaning }) => [flag, environment, byDefault, meaning])
  return [
    'Amazon ECR on this machine, with its pull through cache.',
    '',
    'ecr-local <command> [flags]',
    '',
    ...table(Object.entries(commands)),
    '',
    ...table([['flag', 'environment', 'default', 'meaning'], ...rows]),
    '',
    'A flag is stronger than the environment, which is stronger than the file. The file may also say accounts,',
    'signatures, upstreams, network, quotas, garbage, limits and pullThroughCache; ecr-local.schema.json describes it, and',
    'editors complete it. Secrets are better given in the environment: flags show in the list of processes.',
    '',
    'A line with "msg":"ready" on standard output says that the planes answer. Stops on SIGTERM and Ctrl-C.',
    'Exit status: 0 stopped as asked, 1 failed, or fsck found what is not mended, 2 wrong settings, something in the way,',
    'or nothing there to explain.',
    '',
  ].join('\n')
}

function table(rows: string[][]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)))
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd())
}
