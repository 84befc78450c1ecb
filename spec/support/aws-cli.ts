import { mustRun, neutralEnvironment, type Ran, runCommand } from './run-command.js'

/** The real AWS CLI, configured to reach one emulator and nothing else. */
export interface AwsCli {
  /** Runs `aws <args>` and returns its JSON output, or undefined if it prints none. Throws if the command fails. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- what the CLI prints has no type unless the spec says it
  json<Output = any>(...args: string[]): Promise<Output>
  /** Runs `aws <args>` and returns its output unchanged. */
  text(...args: string[]): Promise<string>
  /** Returns what a refused `aws <args>` prints; throws if it is not refused. */
  refusal(...args: string[]): Promise<string>
  /** Runs `aws <args>` and returns the outcome, whether it succeeds or fails. */
  run(...args: string[]): Promise<Ran>
}

export interface AwsCliOptions {
  endpoint: string
  region?: string
  accessKeyId?: string
  secretAccessKey?: string
  sessionToken?: string
  /** A different `aws` than the first on the PATH. */
  command?: string
  /** Environment variables to add or override. */
  env?: NodeJS.ProcessEnv
}

export function awsCli(options: AwsCliOptions): AwsCli {
  const { endpoint, region = 'us-east-1', accessKeyId = 'test', secretAccessKey = 'test', command = 'aws' } = options
  const env = {
    ...neutralEnvironment(),
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_CONFIG_FILE: '/nonexistent/config',
    AWS_SHARED_CREDENTIALS_FILE: '/nonexistent/credentials',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_MAX_ATTEMPTS: '1',
    AWS_PAGER: '',
    ...(options.sessionToken !== undefined && { AWS_SESSION_TOKEN: options.sessionToken }),
    ...options.env,
  }
  const full = (args: string[]) => ['--endpoint-url', endpoint, '--output', 'json', ...args]
  const run = (...args: string[]) => runCommand(command, full(args), { env })
  const text = async (...args: string[]) => (await mustRun(command, full(args), { env })).stdout
  return {
    run,
    text,
    async json<Output>(...args: string[]) {
      const printed = await text(...args)
      return (printed.trim() === '' ? undefined : JSON.parse(printed)) as Output
    },
    async refusal(...args) {
      const { exitCode, stdout, stderr } = await run(...args)
      if (exitCode === 0) throw new Error(`aws ${args.join(' ')} was not refused\n${stdout}`)
      // Version 2 of the CLI inserts its own number of retries into the message.
      return stderr.trim().replace(/ \(reached max retries: \d+\)/, '')
    },
  }
}
