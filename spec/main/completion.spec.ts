import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { commandNames, commands, flagsOf } from '../../src/cli/commands.js'
import { SETTING_VALUES } from '../../src/cli/completion-words.js'
import { startProcess } from '../support/background-process.js'
import { describeWith, shellNeeds } from '../support/describe-with.js'
import { runCli } from '../support/run-cli.js'
import { mustRun, neutralEnvironment } from '../support/run-command.js'
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.js'

const program = fileURLToPath(new URL('../../dist/ecr-local.cjs', import.meta.url))

/** Lines as far as they are typed, and the words that a shell offers for the last of them. */
const cases: [typed: string, offered: readonly string[]][] = [
  ['ecr-local st', ['start', 'status']],
  ['ecr-local dem', ['demo']],
  ['ecr-local env --shell fi', ['fish']],
  ['ecr-local co', ['completion', 'control-plane']],
  ['ecr-local gc --st', ['--store']],
  ['ecr-local gc --po', []],
  ['ecr-local fsck --re', ['--repair']],
  ['ecr-local start --auth ', ['relaxed', 'strict']],
  ['ecr-local start --auth=re', ['relaxed']],
  ['ecr-local start --log w', ['warn']],
  ['ecr-local start --secret ', []],
  ['ecr-local lifecycle r', ['run']],
  ['ecr-local completion p', ['powershell']],
  ['ecr-local help fs', ['fsck']],
  ['ecr-local certs --dir co', ['completed-directory']],
  ['ecr-local start --config co', ['completed-directory', 'completed-file']],
]

describe('completion script', () => {
  it('The words that a setting can have are those of the schema', async () => {
    const text = await readFile(new URL('../../ecr-local.schema.json', import.meta.url), 'utf8')
    const { properties } = JSON.parse(text) as { properties: Record<string, { enum?: string[] }> }
    const words = Object.entries(SETTING_VALUES).filter(([, values]) => typeof values === 'object')
    expect(words.length).toBeGreaterThan(2)
    for (const [name, values] of words) expect(properties[name]?.enum).toEqual(values)
  })

  it.each(['bash', 'zsh', 'fish', 'powershell'])(
    'The script for %s names every command and every flag',
    async (shell) => {
      const { code, stdout, stderr } = await runCli(['completion', shell], { cwd: '/' })
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      expect(stdout).toMatch(/^(#compdef ecr-local\n)?# Completion of ecr-local for \S+[.:]? ?.*:\n# {3}\S/)
      const flags = commandNames.flatMap(flagsOf)
      for (const word of [...commandNames, ...flags])
        expect(stdout).toContain(shell === 'fish' ? word.replace(/^--/, '-l ') : word)
    },
  )
})

describeWith(shellNeeds, 'A shell with the completion script', () => {
  let directory: TemporaryDirectory
  let env: NodeJS.ProcessEnv
  beforeAll(async () => {
    directory = await temporaryDirectory()
    await mkdir(join(directory.path, 'bin'))
    await mkdir(join(directory.path, 'completed-directory'))
    await writeFile(join(directory.path, 'completed-file'), '')
    const start = `#!/bin/sh\nexec ${process.execPath} ${program} "$@"\n`
    await writeFile(join(directory.path, 'bin', 'ecr-local'), start, { mode: 0o755 })
    env = { ...neutralEnvironment(), HOME: directory.path, ZDOTDIR: directory.path, TERM: 'dumb' }
    env.PATH = `${join(directory.path, 'bin')}:${env.PATH}`
  })
  afterAll(() => directory[Symbol.asyncDispose]())

  it('bash offers the commands, flags and words that can follow', async () => {
    const script = [
      'eval "$(ecr-local completion bash)"',
      'complete -p ecr-local',
      // Readline makes a word of its own of each "=".
      'while IFS= read -r line; do',
      '  read -ra COMP_WORDS <<<"${line//=/ = }"; [[ $line == *" " ]] && COMP_WORDS+=("")',
      '  COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _ecr_local',
      '  echo "${COMPREPLY[*]}"',
      'done',
    ].join('\n')
    // What bash itself offers for a file or a directory is not seen without Readline.
    const typed = cases.filter(([line]) => !/--(dir|config) /.test(line))
    const input = typed.map(([line]) => `${line}\n`).join('')
    const { stdout } = await mustRun('bash', ['--norc', '-c', script], { env, input, cwd: directory.path })
    const [registered, ...replies] = stdout.trimEnd().split('\n')
    expect(registered).toBe('complete -F _ecr_local ecr-local')
    const offered = typed.map(([line], index) => [line, (replies[index] ?? '').split(' ').filter(Boolean).sort()])
    expect(offered).toEqual(typed)
  })

  it('fish offers the commands, flags, words and files that can follow, with their meanings', async () => {
    const script = 'ecr-local completion fish | source; while read -l line; echo "> $line"; complete -C $line; end'
    const input = cases.map(([line]) => `${line}\n`).join('')
    const { stdout } = await mustRun('fish', ['--no-config', '-c', script], { env, input, cwd: directory.path })
    const blocks = stdout.split(/^> /m).slice(1)
    const offered = blocks.map((block) => {
      const [, ...lines] = block.trimEnd().split('\n')
      return lines
        .map((line) =>
          line
            .split('\t')[0]!
            .replace(/^--auth=/, '')
            .replace(/\/$/, ''),
        )
        .sort()
    })
    expect(cases.map(([line], index) => [line, offered[index]])).toEqual(cases)
    expect(stdout).toContain(`start\t${commands.start.summary}\n`)
  })

  it('zsh completes what only one word can follow', async () => {
    const rc = [
      'autoload -Uz compinit; compinit -u',
      'eval "$(ecr-local completion zsh)"',
      // The lines are completed and then run: the program is replaced by one that says how it was called.
      'ecr-local() { print -r -- "RAN ${(j:|:)@}" }',
      "PROMPT=''; setopt no_beep; bindkey '^I' complete-word",
      'print -r -- READY ${_comps[ecr-local]}',
    ].join('\n')
    await writeFile(join(directory.path, '.zshrc'), rc)
    const args = ['--quiet', '--return', '--command', 'zsh -i', '/dev/null']
    const options = { ready: /READY _ecr_local/, env, cwd: directory.path, input: true }
    await using zsh = await startProcess('script', args, options)
    const sole = cases.filter(([, offered]) => offered.length === 1)
    for (const [line, [word = '']] of sole) {
      zsh.write(`${line}\t\n`)
      const called = [...line.split(' ').slice(1, -1), line.includes('=') ? `--auth=${word}` : word].join('|')
      expect(await zsh.line(/RAN/)).toBeDefined()
      await expect
        .poll(() => zsh.lines.map((text) => text.replace(/\/?\r?$/, '')).join('\n'))
        .toContain(`RAN ${called}`)
    }
    zsh.write('exit\n')
  })
})
