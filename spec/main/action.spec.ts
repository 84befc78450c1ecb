import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readdir, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { awsCliNeeds, describeWith } from '../support/describe-with.js'
import { githubJob, type GithubJob } from '../support/github-runner.js'
import { mustRun } from '../support/run-command.js'

/** The program that package.json names, as the workflow CI gives it to the action. */
const program = 'dist/ecr-local.cjs'

const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describeWith(awsCliNeeds, 'A job that uses the action', () => {
  let job: GithubJob
  beforeAll(async () => {
    const exportedBefore = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SESSION_TOKEN: 'of another account' }
    job = await githubJob({ env: exportedBefore })
    const { exitCode, stdout, stderr } = await job.main({
      program,
      port: '0',
      region: 'eu-west-1',
      flags: '--log debug',
    })
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(stdout).toMatch(/^ecr-local answers at http:\/\/localhost:\d+; images are named localhost:\d+\//)
  })
  afterAll(() => job[Symbol.asyncDispose]())

  it('The action points the AWS CLI of later steps at ecr-local, and no other service of AWS', async () => {
    const env = await job.environment()
    const aws = async (...args: string[]): Promise<unknown> =>
      JSON.parse((await mustRun('aws', [...args, '--output', 'json'], { env })).stdout)
    const { registry } = await job.outputs()
    const [created, caller] = await Promise.all([
      aws('ecr', 'create-repository', '--repository-name', 'team/app'),
      aws('sts', 'get-caller-identity'),
    ])
    expect(created).toMatchObject({
      repository: {
        repositoryUri: `${registry}/team/app`,
        repositoryArn: 'arn:aws:ecr:eu-west-1:000000000000:repository/team/app',
      },
    })
    expect(caller).toMatchObject({ Account: '000000000000' })
    expect(Object.keys(env).filter((name) => name.startsWith('AWS_ENDPOINT_URL'))).toEqual([
      'AWS_ENDPOINT_URL_ECR',
      'AWS_ENDPOINT_URL_ECR_PUBLIC',
      'AWS_ENDPOINT_URL_STS',
    ])
  })

  it('The action gives its outputs the addresses that it exports', async () => {
    const { endpoint, registry, log } = await job.outputs()
    expect(await job.environment()).toMatchObject({ ECR_LOCAL_ENDPOINT: endpoint, ECR_LOCAL_REGISTRY: registry })
    expect(existsSync(log!)).toBe(true)
    expect((await fetch(`${endpoint}/health`)).status).toBe(200)
    expect((await fetch(`http://${registry}/v2/`)).status).toBe(401)
  })

  it('The end of the job prints the log as text and leaves no process and no file', async () => {
    const { pid } = await job.state()
    expect(isAlive(Number(pid))).toBe(true)
    const { exitCode, stdout, stderr } = await job.post()
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(stdout).toMatch(
      /^::group::The log of ecr-local\n::stop-commands::(\S+)\n\{[\s\S]*"msg":"ready"[\s\S]*"msg":"stopping"[^\n]*\}\n::\1::\n::endgroup::\n$/,
    )
    expect(isAlive(Number(pid))).toBe(false)
    expect((await readdir(job.temporary)).sort()).toEqual(['env', 'output', 'state'])
  })
})

describe('The action', () => {
  it('The action refuses wrong inputs in one line and starts nothing', async () => {
    const refusals: [inputs: Record<string, string>, message: string][] = [
      [{ use: 'pod' }, 'use is pod: it must be npx or image'],
      [{ credentials: 'mine' }, 'credentials is mine: it must be test or none'],
      [{ port: 'many' }, 'port is many: it must be a number from 0 to 65535'],
      [{ 'timeout-seconds': '0' }, 'timeout-seconds is 0: it must be a number from 1 to 3600'],
      [{ use: 'image', program }, 'program is for use: npx; with use: image give the image'],
      [{ image: 'ecr-local' }, 'image is for use: image; without it, npx is used'],
    ]
    await using job = await githubJob()
    const ended = await Promise.all(refusals.map(([inputs]) => job.main(inputs)))
    expect(ended.map(({ exitCode, stdout }) => ({ exitCode, stdout }))).toEqual(
      refusals.map(([, message]) => ({ exitCode: 1, stdout: `::error title=ecr-local::${message}\n` })),
    )
    expect(await job.state()).toEqual({})
    expect(await job.post()).toMatchObject({ exitCode: 0, stdout: '' })
  })

  it('The action shows the line with which ecr-local refuses to start', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    await using job = await githubJob()
    const { exitCode, stdout } = await job.main({ program, port: String(port) })
    expect(exitCode).toBe(1)
    expect(stdout).toMatch(
      new RegExp(
        `^::error title=ecr-local::ecr-local ended with exit status 2: ecr-local: Port ${port} is in use by .+\n$`,
      ),
    )
    expect(await job.outputs()).toEqual({})
    expect(await job.post()).toMatchObject({ exitCode: 0 })
    expect((await readdir(job.temporary)).sort()).toEqual(['env', 'output', 'state'])
    other.close()
  })

  it('The action gives up on a program that never answers, which the end of the job stops', async () => {
    await using job = await githubJob()
    const silent = join(job.temporary, 'silent.cjs')
    await writeFile(silent, `console.log('still starting'); setInterval(() => {}, 1000)`)
    const { exitCode, stdout } = await job.main({ program: silent, 'timeout-seconds': '1' })
    expect({ exitCode, stdout }).toEqual({
      exitCode: 1,
      stdout: '::error title=ecr-local::ecr-local did not answer within 1 s: still starting\n',
    })
    const { pid } = await job.state()
    expect(isAlive(Number(pid))).toBe(true)
    await job.post()
    expect(isAlive(Number(pid))).toBe(false)
  })

  it('The action names a program that cannot be run', async () => {
    await using job = await githubJob()
    const { exitCode, stdout } = await job.main({ program: './none' })
    expect(exitCode).toBe(1)
    expect(stdout).toMatch(
      /^::error title=ecr-local::\.\/none cannot be run: spawn \.\/none ENOENT: it printed nothing\n$/,
    )
    expect(await job.post()).toMatchObject({ exitCode: 0 })
  })

  it('The action exports no credentials where the configuration has accounts of its own', async () => {
    await using job = await githubJob({ env: { AWS_REGION: 'us-west-2', AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE' } })
    const config = join(job.temporary, 'accounts.json')
    const accounts = { '111122223333': { users: { dev: { accessKeys: { AKIDEXAMPLE: 'secret' } } } } }
    await writeFile(config, JSON.stringify({ accounts }))
    expect(await job.main({ program, port: '0', config, credentials: 'none' })).toMatchObject({ exitCode: 0 })
    expect(await job.environment()).toMatchObject({ AWS_REGION: 'us-west-2', AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE' })
    expect(await job.environment()).not.toHaveProperty('AWS_SECRET_ACCESS_KEY')
    await job.post()
  })
})
