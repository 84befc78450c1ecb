import { execFile } from 'node:child_process'

/** What a command printed and how it ended. */
export interface Ran {
  stdout: string
  stderr: string
  exitCode: number
}

export interface RunOptions {
  /** The whole environment of the command. */
  env?: NodeJS.ProcessEnv
  input?: string
  cwd?: string
  /** Killed after this long, so that a client that hangs fails its spec with what it printed. */
  timeoutMs?: number
}

/** Runs a client to its end; a refusal is an outcome like any other. */
export function runCommand(command: string, args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const { env, input, cwd, timeoutMs = 120_000 } = options
  return new Promise((resolve, reject) => {
    const settings = { env, cwd, timeout: timeoutMs, maxBuffer: 64 * 1024 * 1024 }
    const child = execFile(command, args, settings, (error, stdout, stderr) => {
      if (error && typeof error.code !== 'number')
        reject(new Error(`${command} ${args.join(' ')}: ${error.message}\n${stderr}`))
      else resolve({ stdout, stderr, exitCode: Number(error?.code ?? 0) })
    })
    child.stdin?.on('error', () => {})
    child.stdin?.end(input)
  })
}

/** Runs a client that has to succeed; throws with what it printed where it does not. */
export async function mustRun(command: string, args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  return mustSucceed(command, args, runCommand(command, args, options))
}

/** The same of a client that runs already. */
export async function mustSucceed(command: string, args: readonly string[], running: Promise<Ran>): Promise<Ran> {
  const ran = await running
  if (ran.exitCode !== 0)
    throw new Error(`${command} ${args.join(' ')} ended with ${ran.exitCode}\n${ran.stderr}${ran.stdout}`)
  return ran
}

/** This process's environment without what would point a client at somebody's real accounts. */
export const neutralEnvironment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(AWS_|DOCKER_|ECR_LOCAL_|TF_|REGISTRY_|NODE_OPTIONS$|VITEST|.*_proxy$|.*_PROXY$)/.test(name),
    ),
  )
