import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { neutralEnvironment, type Ran, runCommand } from './run-command.js'
import { temporaryDirectory } from './temporary-directory.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** A job that uses this project's action, as a runner of GitHub Actions runs it: by files and variables. */
export interface GithubJob extends AsyncDisposable {
  /** The directory for temporary files of the job. */
  readonly temporary: string
  /** Runs the action's main script with inputs from `with`; those that are not given have the defaults of action.yml. */
  main(inputs?: Readonly<Record<string, string>>): Promise<Ran>
  /** Runs the action's post script with the state that the main script saved. */
  post(): Promise<Ran>
  outputs(): Promise<Record<string, string>>
  state(): Promise<Record<string, string>>
  /** The environment of the job's next step. */
  environment(): Promise<NodeJS.ProcessEnv>
}

export interface GithubJobOptions {
  cwd?: string
  /** Environment variables of the job to add or override. */
  env?: NodeJS.ProcessEnv
}

interface Action {
  inputs: Record<string, { default?: string }>
  runs: { main: string; post: string }
}

/** Prepares a job. Dispose of it after `post`: it removes the files, not what the action started. */
export async function githubJob({ cwd, env = {} }: GithubJobOptions = {}): Promise<GithubJob> {
  const own = await temporaryDirectory()
  const files = { GITHUB_ENV: 'env', GITHUB_OUTPUT: 'output', GITHUB_STATE: 'state' }
  const paths = Object.fromEntries(Object.entries(files).map(([name, file]) => [name, join(own.path, file)]))
  for (const path of Object.values(paths)) await writeFile(path, '')
  const { inputs: described, runs } = parse(await readFile(join(root, 'action.yml'), 'utf8')) as Action
  const base = { ...neutralEnvironment(), ...env, ...paths, RUNNER_TEMP: own.path }
  const read = async (name: keyof typeof files) => valuesIn(await readFile(paths[name] ?? '', 'utf8'))
  const run = (script: string, more: NodeJS.ProcessEnv) =>
    runCommand(process.execPath, [join(root, script)], { cwd: cwd ?? root, env: { ...base, ...more } })
  return {
    temporary: own.path,
    main(inputs = {}) {
      const unknown = Object.keys(inputs).filter((name) => !Object.hasOwn(described, name))
      if (unknown.length > 0) throw new Error(`action.yml has no input ${unknown.join(', ')}`)
      const values = Object.entries(described).map(([name, { default: given = '' }]) => [name, inputs[name] ?? given])
      return run(
        runs.main,
        prefixed('INPUT_', values as [string, string][], (name) => name.toUpperCase()),
      )
    },
    post: async () => run(runs.post, prefixed('STATE_', Object.entries(await read('GITHUB_STATE')))),
    outputs: () => read('GITHUB_OUTPUT'),
    state: () => read('GITHUB_STATE'),
    environment: async () => ({ ...base, ...(await read('GITHUB_ENV')) }),
    [Symbol.asyncDispose]: () => own[Symbol.asyncDispose](),
  }
}

const prefixed = (prefix: string, values: [string, string][], change = (name: string) => name) =>
  Object.fromEntries(values.map(([name, value]) => [prefix + change(name), value]))

/** Reads `name<<delimiter`, the value's lines, `delimiter`. */
function valuesIn(text: string): Record<string, string> {
  const values = text.matchAll(/^([^<\n]+)<<(.+)\n([\s\S]*?)\n\2$/gm)
  return Object.fromEntries([...values].map(([, name = '', , value = '']): [string, string] => [name, value]))
}
