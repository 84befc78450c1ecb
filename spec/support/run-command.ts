import { execFile } from 'node:child_process'

/** The output of a command and its exit code. */
export interface Ran {
  stdout: string
  stderr: string
  exitCode: number
}

export interface RunOptions {
  /** The complete environment of the command. */
  env?: NodeJS.ProcessEnv
  input?: string
  cwd?: string
  /** After this time the command is killed, so that a client that hangs fails its spec with what it printed. */
  timeoutMs?: number
}

/** Runs a client until it ends. A failure of the client is returned like any other outcome. */
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

/** Runs a client that must succeed; otherwise throws with what it printed. */
export async function mustRun(command: string, args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  return mustSucceed(command, args, runCommand(command, args, options))
}

/** The same for a client that is already running. */
export async function mustSucceed(command: string, args: readonly string[], running: Promise<Ran>): Promise<Ran> {
  const ran = await running
  if (ran.exitCode !== 0)
    throw new Error(`${command} ${args.join(' ')} ended with ${ran.exitCode}\n${ran.stderr}${ran.stdout}`)
  return ran
}

/** This process's environment without variables that could direct a client to real accounts. */
export const neutralEnvironment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) =>
        !/^(AWS_|DOCKER_|ECR_LOCAL_|TF_|REGISTRY_|NODE_OPTIONS$|VITEST|.*_proxy$|.*_PROXY$)/.test(name) &&
        !/^(LOCALSTACK_.*|GATEWAY_LISTEN|PERSISTENCE|DEBUG|LS_LOG)$/.test(name),
    ),
  )
