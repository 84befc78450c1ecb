import { mustRun, neutralEnvironment, type Ran, runCommand } from './run-command.js'

/** The real AWS CLI, pointed at an emulator and at nothing else. */
export interface AwsCli {
  /** `aws <args>`; its JSON output, undefined where it prints none. Throws where it fails. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- what the CLI prints has no type unless the spec says it
  json<Output = any>(...args: string[]): Promise<Output>
  /** `aws <args>`, its output as it is. */
  text(...args: string[]): Promise<string>
  /** What a refused `aws <args>` prints; throws where it is not refused. */
  refusal(...args: string[]): Promise<string>
  /** `aws <args>`, however it ends. */
  run(...args: string[]): Promise<Ran>
}

export interface AwsCliOptions {
  endpoint: string
  region?: string
  accessKeyId?: string
  secretAccessKey?: string
  sessionToken?: string
  /** Another `aws` than the first on the PATH. */
  command?: string
  /** More of the environment, or something else in it. */
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
      // Version 2 of the CLI puts its own count of retries into the sentence.
      return stderr.trim().replace(/ \(reached max retries: \d+\)/, '')
    },
  }
}
