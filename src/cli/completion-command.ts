import type { Shell } from './commands.js'
import { type CompletedCommand, completedCommands, type CompletedFlag } from './completion-words.js'

/**
 * The completion script of a shell, made from the tables of commands and settings: it completes commands, the flags of
 * the command, values that are files or one of a few words, and needs no run of `ecr-local`.
 */
export const completion = (shell: Shell): string => `${SCRIPTS[shell](completedCommands())}\n`

const SCRIPTS: Readonly<Record<Shell, (commands: readonly CompletedCommand[]) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
  powershell: powershellScript,
}

const namesOf = (commands: readonly CompletedCommand[]) => commands.map(({ name }) => name)

/** The words that can follow a command. */
const wordsOf = ({ choices, flags }: CompletedCommand) => [...choices, ...flags.map(({ flag }) => flag)]

/** All flags of all commands, each once: a flag has the same values wherever it is. */
const flagsOf = (commands: readonly CompletedCommand[]) => [
  ...new Map(commands.flatMap(({ flags }) => flags).map((flag) => [flag.flag, flag])).values(),
]

/** In bash `=` is a word of its own; bash 3.2, which macOS has, knows no `compopt`. */
function bashScript(commands: readonly CompletedCommand[]): string {
  const values = flagsOf(commands).flatMap(({ flag, values }) =>
    values ? [`    ${flag}) ${bashValues(values)} ;;`] : [],
  )
  return [
    '# Completion of ecr-local for bash. Put this line into ~/.bashrc:',
    '#   eval "$(ecr-local completion bash)"',
    '_ecr_local() {',
    '  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} command= words= word',
    '  if [[ $current == "=" ]]; then current=; elif [[ $previous == "=" ]]; then previous=${COMP_WORDS[COMP_CWORD-2]}; fi',
    '  COMPREPLY=()',
    '  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do',
    `    case $word in ${namesOf(commands).join('|')}) command=$word; break ;; esac`,
    '  done',
    '  case $previous in',
    ...values,
    '    *) case $command in',
    `    '') words='${[...namesOf(commands), '--help', '--version'].join(' ')}' ;;`,
    ...commands.map((command) => `    ${command.name}) words='${wordsOf(command).join(' ')}' ;;`),
    '    esac ;;',
    '  esac',
    '  COMPREPLY=($(compgen -W "$words" -- "$current"))',
    '}',
    'complete -F _ecr_local ecr-local',
  ].join('\n')
}

function bashValues(values: NonNullable<CompletedFlag['values']>): string {
  if (values === 'file') return 'compopt -o default 2>/dev/null; return'
  if (values === 'directory') return 'compopt -o dirnames 2>/dev/null; return'
  return values === 'text' ? 'return' : `words='${values.join(' ')}'`
}

function zshScript(commands: readonly CompletedCommand[]): string {
  const cases = commands.map(({ name, choices, flags }) => {
    const specs = [...flags.map(zshFlag), ...(choices.length > 0 ? [`1:word:(${choices.join(' ')})`] : [])]
    return `    ${name}) _arguments ${specs.map(quoted).join(' ')} ;;`
  })
  return [
    '#compdef ecr-local',
    '# Completion of ecr-local for zsh. Put this line into ~/.zshrc, after compinit:',
    '#   eval "$(ecr-local completion zsh)"',
    '_ecr_local() {',
    '  local -a commands',
    `  commands=(${commands.map(({ name, summary }) => quoted(`${name}:${summary}`)).join(' ')})`,
    "  if (( CURRENT == 2 )); then _describe -t commands command commands; _arguments '--help[shows the help]' '--version[shows the version]'; return; fi",
    '  local command=$words[2]',
    '  shift words; (( CURRENT-- ))',
    '  case $command in',
    ...cases,
    '  esac',
    '}',
    'if [[ $funcstack[1] == _ecr_local ]]; then _ecr_local "$@"; else compdef _ecr_local ecr-local; fi',
  ].join('\n')
}

/** `--flag[meaning]:what:action`; the brackets and the colons of a meaning are escaped. */
function zshFlag({ flag, meaning, values }: CompletedFlag): string {
  const described = `[${meaning.replace(/[\\[\]:]/g, '\\$&')}]`
  if (values === undefined) return flag + described
  const actions = { file: '_files', directory: '_files -/', text: ' ' }
  return `${flag}=${described}:value:${typeof values === 'string' ? actions[values] : `(${values.join(' ')})`}`
}

function fishScript(commands: readonly CompletedCommand[]): string {
  const lines = commands.flatMap(({ name, summary, choices, flags }) => {
    const within = `complete -c ecr-local -n '__fish_seen_subcommand_from ${name}'`
    return [
      `complete -c ecr-local -n __fish_use_subcommand -a ${name} -d ${quotedForFish(summary)}`,
      ...(choices.length > 0 ? [`${within} -a '${choices.join(' ')}'`] : []),
      ...flags.map((flag) => `${within} -l ${flag.flag.slice(2)}${fishValues(flag)} -d ${quotedForFish(flag.meaning)}`),
    ]
  })
  return [
    '# Completion of ecr-local for fish:',
    '#   ecr-local completion fish >~/.config/fish/completions/ecr-local.fish',
    'complete -c ecr-local -f',
    'complete -c ecr-local -n __fish_use_subcommand -l help -d "shows the help"',
    'complete -c ecr-local -n __fish_use_subcommand -l version -d "shows the version"',
    ...lines,
  ].join('\n')
}

function fishValues({ values }: CompletedFlag): string {
  if (values === undefined) return ''
  if (values === 'file') return ' -r -F'
  if (values === 'directory') return " -x -a '(__fish_complete_directories)'"
  return values === 'text' ? ' -x' : ` -x -a '${values.join(' ')}'`
}

function powershellScript(commands: readonly CompletedCommand[]): string {
  const listed = (words: readonly string[]) => `@(${words.map((word) => `'${word}'`).join(', ')})`
  const words = commands.map((command) => `    '${command.name}' = ${listed(wordsOf(command))}`)
  const values = flagsOf(commands).flatMap(({ flag, values }) =>
    typeof values === 'object' ? [`    '${flag}' = ${listed(values)}`] : [],
  )
  return [
    '# Completion of ecr-local for PowerShell. Put this line into $PROFILE:',
    '#   ecr-local completion powershell | Out-String | Invoke-Expression',
    'Register-ArgumentCompleter -Native -CommandName ecr-local -ScriptBlock {',
    '  param($wordToComplete, $commandAst, $cursorPosition)',
    '  $words = @{',
    ...words,
    '  }',
    '  $values = @{',
    ...values,
    '  }',
    '  $before = @($commandAst.CommandElements | Where-Object { $_.Extent.EndOffset -lt $cursorPosition } | ForEach-Object { $_.ToString() })',
    '  $command = $before | Select-Object -Skip 1 | Where-Object { $words.ContainsKey($_) } | Select-Object -First 1',
    `  if ($before.Count -gt 0 -and $values.ContainsKey($before[-1])) { $candidates = $values[$before[-1]] }`,
    '  elseif ($command) { $candidates = $words[$command] }',
    `  else { $candidates = ${listed([...namesOf(commands), '--help', '--version'])} }`,
    '  $candidates | Where-Object { $_ -like "$wordToComplete*" } | ForEach-Object {',
    "    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)",
    '  }',
    '}',
  ].join('\n')
}

/** Quoted for bash and zsh. */
const quoted = (text: string) => `'${text.replaceAll("'", String.raw`'\''`)}'`

const quotedForFish = (text: string) => `'${text.replace(/[\\']/g, String.raw`\$&`)}'`
