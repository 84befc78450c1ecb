import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { awsCli } from '../support/aws-cli.js'
import { freePort } from '../support/free-port.js'
import { mustRun, neutralEnvironment } from '../support/run-command.js'
import { runCli, startCli, type Started } from '../support/run-cli.js'
import { isInstalled } from '../support/system-tools.js'
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.js'

/*
 * The built program, started as LocalStack's container is: by variables, and with scripts in a directory.
 */

const sh = (...lines: string[]) => ['#!/bin/sh', ...lines, ''].join('\n')

async function writeScripts(directory: string, files: Record<string, string>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    const path = join(directory, 'init', name)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, text)
    await chmod(path, 0o755)
  }
}

/** The answer of the process for a path of `/_localstack`. */
const ask = async <Answer>(endpoint: string, path: string) =>
  (await (await fetch(`${endpoint}/_localstack/${path}`)).json()) as Answer

interface Init {
  readonly completed: object
  readonly scripts: { readonly stage: string; readonly name: string; readonly state: string }[]
}

const plainLines = (stdout: string) => stdout.split('\n').filter((line) => line !== '' && !line.startsWith('{'))
const messages = (stdout: string) =>
  stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => (JSON.parse(line) as { msg: string }).msg)

describe('start with variables and init scripts of LocalStack', () => {
  let directory: TemporaryDirectory
  let run: Started
  let ports: readonly number[]
  const trace = () => readFile(join(directory.path, 'trace'), 'utf8')

  beforeAll(async () => {
    directory = await temporaryDirectory()
    const [port = 0, further = 0] = (ports = [await freePort(), await freePort()])
    const note = (stage: string) => `echo ${stage} >>${directory.path}/trace`
    const config = { pullThroughCache: { checkIntervalSeconds: 7 }, log: 'debug' }
    const isThere = `curl -s -o /dev/null -w '%{http_code}' $AWS_ENDPOINT_URL/health`
    await writeScripts(directory.path, {
      'boot.d/1.sh': sh(note('boot'), `echo '${JSON.stringify(config)}' >${directory.path}/ecr-local.json`),
      'start.d/1.sh': sh(note('start'), `echo "status before: $(${isThere})"`),
      'ready.d/1.sh': sh(note('ready'), `echo "status after: $(${isThere})"`, 'env | grep ^AWS_ | sort'),
      'ready.d/2.sh': sh('echo "no such command" >&2', 'exit 127'),
      'ready.d/3.sh': sh(
        `while [ ! -e ${directory.path}/go-on ]; do sleep 0.05; done`,
        isInstalled('aws') ? 'aws ecr create-repository --repository-name from-script' : 'true',
      ),
      'shutdown.d/1.sh': sh(note('shutdown'), `echo "status at the end: $(${isThere})"`),
      'shutdown.d/2.sh': sh('trap "" TERM', 'sleep 60'),
    })
    const env = {
      GATEWAY_LISTEN: `127.0.0.1:${port},127.0.0.2:${further}`,
      LOCALSTACK_HOST: 'ecr.test',
      PERSISTENCE: '0',
      DEBUG: '0',
      AWS_ACCESS_KEY_ID: '111122223333',
    }
    const init = join(directory.path, 'init')
    run = startCli(['start', '--init-dir', init], { cwd: directory.path, env })
    await run.ready()
  })
  afterAll(async () => {
    await run[Symbol.asyncDispose]()
    await directory[Symbol.asyncDispose]()
  })

  it('The program answers at each address of GATEWAY_LISTEN, with its state in memory', async () => {
    for (const [index, port] of ports.entries()) {
      const answer = await fetch(`http://127.0.0.${index + 1}:${port}/health`)
      expect(await answer.json()).toMatchObject({ plane: 'both', store: 'memory' })
    }
  })

  it('The program reports how far the scripts are, and is not ready before they have ended', async () => {
    const endpoint = `http://127.0.0.1:${ports[0]}`
    const stateOfLast = async () => (await ask<Init>(endpoint, 'init/ready')).scripts.at(-1)?.state
    await expect.poll(stateOfLast, { timeout: 10_000 }).toBe('RUNNING')
    expect(await ask(endpoint, 'init')).toEqual({
      completed: { BOOT: true, START: true, READY: false, SHUTDOWN: false },
      scripts: [
        { stage: 'BOOT', name: '1.sh', state: 'SUCCESSFUL' },
        { stage: 'START', name: '1.sh', state: 'SUCCESSFUL' },
        { stage: 'READY', name: '1.sh', state: 'SUCCESSFUL' },
        { stage: 'READY', name: '2.sh', state: 'ERROR' },
        { stage: 'READY', name: '3.sh', state: 'RUNNING' },
        { stage: 'SHUTDOWN', name: '1.sh', state: 'UNKNOWN' },
        { stage: 'SHUTDOWN', name: '2.sh', state: 'UNKNOWN' },
      ],
    })
    expect(plainLines(run.printed())).toEqual([])
    await writeFile(join(directory.path, 'go-on'), '')
    await expect.poll(() => plainLines(run.printed()), { timeout: 20_000 }).toEqual(['Ready.'])
    expect(await ask(endpoint, 'init/ready')).toMatchObject({ completed: true })
  })

  it.skipIf(!isInstalled('aws'))(
    'The program gives scripts what the AWS CLI needs, and URIs the name in LOCALSTACK_HOST',
    async () => {
      const aws = awsCli({ endpoint: `http://127.0.0.1:${ports[0]}`, accessKeyId: '111122223333' })
      const { repositories } = await aws.json<{ repositories: object[] }>('ecr', 'describe-repositories')
      expect(repositories).toMatchObject([
        { registryId: '111122223333', repositoryUri: `ecr.test:${ports[0]}/from-script` },
      ])
    },
  )

  it.skipIf(!isInstalled('aws'))('The program stands beside LocalStack by the variable for ECR alone', async () => {
    const env = {
      ...neutralEnvironment(),
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_DEFAULT_REGION: 'us-east-1',
      AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
      AWS_ENDPOINT_URL_ECR: `http://127.0.0.1:${ports[0]}`,
    }
    const { stdout } = await mustRun('aws', ['ecr', 'describe-registry'], { env })
    expect(JSON.parse(stdout)).toMatchObject({ registryId: '000000000000' })
  })

  it('The program runs each stage at its time, logs what scripts write, and ends although one hangs', async () => {
    run.signal('SIGTERM')
    const { code, stdout, stderr } = await run.ended
    expect([code, stderr]).toEqual([0, ''])
    expect((await trace()).split('\n')).toEqual(['boot', 'start', 'ready', 'shutdown', ''])
    expect(plainLines(stdout)).toEqual(['Ready.'])
    const logged = messages(stdout)
    const inOrder = [
      'status before: 000',
      'ready',
      'status after: 200',
      ...['AWS_ACCESS_KEY_ID=111122223333', 'AWS_DEFAULT_REGION=us-east-1'],
      ...[`AWS_ENDPOINT_URL=http://localhost:${ports[0]}`, 'AWS_REGION=us-east-1', 'AWS_SECRET_ACCESS_KEY=test'],
      'no such command',
      'The init script 2.sh failed: it ended with exit status 127',
      'stopping',
      'status at the end: 200',
      'The init script 2.sh failed: it was stopped, because its time was over',
    ]
    expect(logged.filter((message) => inOrder.includes(message))).toEqual(inOrder)
    // The configuration that the first script wrote is in force: it logs at this level.
    expect(logged).toContain('runs an init script')
  })
})

describe('start that ends early', () => {
  it('The program stops a script that hangs, never calls itself ready, and leaves out the scripts after it', async () => {
    await using directory = await temporaryDirectory()
    await writeScripts(directory.path, {
      'start.d/1.sh': sh('echo hanging', 'sleep 60'),
      'start.d/2.sh': sh('echo unreached'),
      'ready.d/1.sh': sh('echo unreached'),
    })
    const init = join(directory.path, 'init')
    await using run = startCli(['start', '--store', 'memory', '--port', '0', '--init-dir', init], {
      cwd: directory.path,
    })
    await expect.poll(() => messages(run.printed()), { timeout: 20_000 }).toContain('hanging')
    run.signal('SIGTERM')
    const { code, stdout } = await run.ended
    expect([code, messages(stdout)]).toEqual([
      0,
      ['hanging', 'The init script 1.sh failed: it was stopped, because its time was over'],
    ])
  })

  it.each<[string, string[], Record<string, string>, string]>([
    [
      'the directory of scripts is missing',
      ['--init-dir', '/nonexistent/init'],
      {},
      '--init-dir /nonexistent/init is not a directory: name one with boot.d, start.d, ready.d, shutdown.d',
    ],
    [
      'a variable of LocalStack is wrong',
      [],
      { PERSISTENCE: 'maybe' },
      'PERSISTENCE must be 1 (state is kept in --data-dir) or 0 (in memory), not "maybe"',
    ],
    [
      'a further address is not of this machine',
      ['--store', 'memory'],
      { GATEWAY_LISTEN: '127.0.0.1:0,192.0.2.1:0' },
      'GATEWAY_LISTEN: 192.0.2.1 is not an address of this machine (EADDRNOTAVAIL): 127.0.0.1 always is, 0.0.0.0 means all',
    ],
  ])('The program says in one line that %s', async (_, flags, env, message) => {
    await using directory = await temporaryDirectory()
    const { code, stderr } = await runCli(['start', ...flags], { cwd: directory.path, env })
    expect([code, stderr.trim()]).toEqual([2, `ecr-local: ${message}`])
  })
})
