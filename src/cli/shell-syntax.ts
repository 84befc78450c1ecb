/** How a shell is told to set and to remove environment variables. */
interface ShellSyntax {
  readonly set: (name: string, value: string) => string
  readonly unset: (name: string) => string
  /** The line that a user types, as a comment of the shell. */
  readonly usage: (command: string) => string
}

const posix: ShellSyntax = {
  // Within single quotes only a single quote is special.
  set: (name, value) => `export ${name}='${value.replaceAll("'", String.raw`'\''`)}'`,
  unset: (name) => `unset ${name}`,
  usage: (command) => `# eval "$(${command})"`,
}

const fish: ShellSyntax = {
  // https://fishshell.com/docs/current/language.html#quotes: within single quotes, a backslash escapes itself and '.
  set: (name, value) => `set -gx ${name} '${value.replaceAll(/[\\']/g, String.raw`\$&`)}'`,
  unset: (name) => `set -e ${name}`,
  usage: (command) => `# ${command} | source`,
}

const powershell: ShellSyntax = {
  // https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_quoting_rules: typographic
  // single quotes end a string, too; each is doubled.
  set: (name, value) => `$Env:${name} = '${value.replaceAll(/['‘’‚‛]/g, '$&$&')}'`,
  unset: (name) => `Remove-Item -ErrorAction SilentlyContinue Env:${name}`,
  usage: (command) => `# ${command} | Out-String | Invoke-Expression`,
}

const cmd: ShellSyntax = {
  // The lines are run by `for`, which substitutes nothing in them, and within quotes nothing else is special.
  set: (name, value) => `set "${name}=${value}"`,
  unset: (name) => `set "${name}="`,
  usage: (command) => `rem for /f "delims=" %i in ('${command}') do %i`,
}

const shells = { bash: posix, zsh: posix, sh: posix, fish, powershell, cmd }

/** A shell that `ecr-local env` writes for. */
export type Shell = keyof typeof shells

/** The shells, as `--shell` names them. */
export const shellNames = Object.keys(shells) as Shell[]

/** Other names of these shells, as programs are called. */
const aliases: Readonly<Record<string, Shell>> = { pwsh: 'powershell', dash: 'sh', ash: 'sh', ksh: 'sh' }

/** The shell of this name, also with a path before it or `.exe` after it; undefined for others. */
export function shellNamed(name: string): Shell | undefined {
  const base = name
    .toLowerCase()
    .replace(/^.*[/\\]/, '')
    .replace(/\.exe$/, '')
  return shellNames.find((shell) => shell === base) ?? (Object.hasOwn(aliases, base) ? aliases[base] : undefined)
}

/** How this shell is told to set and to remove variables. */
export const syntaxOf = (shell: Shell): ShellSyntax => shells[shell]
