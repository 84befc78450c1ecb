import { DescribeRepositoriesCommand, ECRClient } from '@aws-sdk/client-ecr'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Explanation, explanationText, refusalsText } from '../../src/cli/explanation-text.js'
import type { ConsideredStatement, ExplainedDecision } from '../../src/registry/ports/decision-source.js'
import { type EmulatorProcess, emulatorProcess } from '../support/emulator-process.js'
import { runCli, startCli } from '../support/run-cli.js'

/** A free port: the control plane must know the port of the data plane before it listens. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((ready) => server.once('listening', ready))
  const { port } = server.address() as AddressInfo
  await new Promise((closed) => server.close(closed))
  return port
}

const cwd = mkdtempSync(join(tmpdir(), 'ecr-local-explain-'))
afterAll(() => rmSync(cwd, { recursive: true }))

describe('ecr-local explain', () => {
  let emulator: EmulatorProcess
  let port: string
  const accounts = { '111122223333': { users: { dev: { accessKeys: { AKIDDEV: 'secret' } } } } }
  const explain = (...args: string[]) => runCli(['explain', ...args, '--port', port], { cwd })

  beforeAll(async () => {
    emulator = await emulatorProcess({ config: { accounts } })
    ;({ port } = new URL(emulator.endpoint))
  })
  afterAll(() => emulator[Symbol.asyncDispose]())

  async function refusedCall(): Promise<string> {
    const credentials = { accessKeyId: 'AKIDDEV', secretAccessKey: 'secret' }
    const ecr = new ECRClient({ endpoint: emulator.endpoint, region: 'us-east-1', credentials })
    const refusal = ecr.send(new DescribeRepositoriesCommand({ repositoryNames: ['team/app'] }))
    return refusal.then(
      () => Promise.reject(new Error('it was not refused')),
      (error: { $metadata: { requestId: string } }) => error.$metadata.requestId,
    )
  }

  it('ecr-local explain says what was refused to which caller, why, and what would change it', async () => {
    const id = await refusedCall()
    const { code, stdout, stderr } = await explain(id)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain(id)
    expect(stdout).toContain('refused: AccessDeniedException')
    expect(stdout).toContain(
      'no ecr:DescribeRepositories on arn:aws:ecr:us-east-1:111122223333:repository/team/app\n' +
        '  by arn:aws:iam::111122223333:user/dev\n' +
        '  no identity-based policy allows it\n',
    )
    expect(stdout).toMatch(/What would change it\n {4}.*ecr:DescribeRepositories/)
  })

  it('ecr-local explain without an id lists the latest refusals', async () => {
    const id = await refusedCall()
    const { code, stdout } = await explain()
    expect(code).toBe(0)
    expect(stdout).toMatch(new RegExp(`^${id}  \\S+Z  DescribeRepositories  AccessDeniedException\n`))
  })

  it('ecr-local explain --json prints what the emulator answers, for a request and for the latest refusals', async () => {
    const id = await refusedCall()
    const [one, all] = await Promise.all([explain(id, '--json'), explain('--json')])
    expect(JSON.parse(one.stdout)).toMatchObject({ requestId: id, outcome: { code: 'AccessDeniedException' } })
    expect(JSON.parse(all.stdout)).toMatchObject({
      refused: expect.arrayContaining([expect.objectContaining({ requestId: id })]),
    })
    expect(await explain('none', '--json')).toMatchObject({ code: 2, stdout: '' })
  })

  it('ecr-local explain finds requests to the registry', async () => {
    const { headers } = await fetch(`http://${emulator.registry}/v2/`)
    const { code, stdout } = await explain(String(headers.get('x-amzn-requestid')))
    expect(code).toBe(0)
    expect(stdout).toContain('Nothing was decided')
  })

  it('ecr-local explain refuses an unknown id in one line with exit status 2', async () => {
    const { code, stdout, stderr } = await explain('none')
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(/^ecr-local: There is no request none among the last .*x-amzn-requestid.*\n$/)
  })

  it('ecr-local explain says in one line with exit status 2 that no emulator answers', async () => {
    const other = String(await freePort())
    const server = createServer((_req, res) => res.end('<html>')).listen(Number(other), '127.0.0.1')
    await new Promise((ready) => server.once('listening', ready))
    const strange = await runCli(['explain', '--port', other], { cwd })
    await new Promise((closed) => server.close(closed))
    expect({ ...strange, stderr: '' }).toEqual({ code: 2, stdout: '', stderr: '' })
    expect(strange.stderr).toMatch(/^ecr-local: The program at http:\/\/localhost:\d+ is not an ecr-local .*\n$/)
    const nobody = await runCli(['explain', 'x'], { cwd, env: { ECR_LOCAL_PORT: other } })
    expect(nobody.code).toBe(2)
    expect(nobody.stderr).toBe(
      `ecr-local: No emulator answers at http://localhost:${other}: start one, or name the one that runs with --host and --port\n`,
    )
    const free = await runCli(['explain', '--port', '0'], { cwd })
    expect([free.code, free.stderr]).toEqual([2, expect.stringContaining('Give its port with --port')])
  })
})

describe('ecr-local explain with https', () => {
  it('ecr-local explain finds planes with https by itself and trusts the authority of certs', async () => {
    const made = await runCli(['certs'], { cwd })
    expect(made.code).toBe(0)
    const tls = ['--tls-cert', join('certs', 'server.crt'), '--tls-key', join('certs', 'server.key')]
    const flags = ['--data-dir', join(cwd, 'https'), '--port', '0', '--registry-port', '0', ...tls]
    await using emulator = startCli(['start', ...flags], { cwd })
    const { endpoint } = await emulator.ready()
    const { code, stdout, stderr } = await runCli(['explain', '--port', new URL(endpoint).port], { cwd })
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'No request was refused.\n', stderr: '' })
    const elsewhere = mkdtempSync(join(tmpdir(), 'ecr-local-explain-'))
    const untrusted = await runCli(['explain', '--port', new URL(endpoint).port], { cwd: elsewhere })
    rmSync(elsewhere, { recursive: true })
    expect([untrusted.code, untrusted.stderr]).toEqual([2, expect.stringContaining('NODE_EXTRA_CA_CERTS')])
  })
})

describe('ecr-local explain with a data plane in another process', () => {
  it('ecr-local explain finds the requests of a data plane in another process', async () => {
    const registryPort = String(await freePort())
    const flags = ['--data-dir', join(cwd, 'shared'), '--registry-port', registryPort]
    const env = { ECR_LOCAL_SECRET: 'both planes hold this secret of theirs' }
    await using data = startCli(['data-plane', ...flags], { cwd, env })
    await data.ready()
    await using control = startCli(['control-plane', '--port', '0', ...flags], { cwd, env })
    const { endpoint, registry } = await control.ready()
    const { headers } = await fetch(`http://${registry}/v2/`)
    const id = String(headers.get('x-amzn-requestid'))
    const { stdout, stderr } = await runCli(['explain', id, '--port', new URL(endpoint).port], { cwd })
    expect({ stdout, stderr }).toEqual({ stdout: expect.stringContaining(`GET /v2/  data plane  `), stderr: '' })
    expect(stdout).toContain(id)
  })
})

const statement = (index: number, more: Partial<ConsideredStatement> = {}): ConsideredStatement => ({
  ...{ type: 'identity-based policy', policy: 'inline policy 1 of user dev', index, effect: 'Allow' },
  ...{ matched: false, decided: false, because: [`Reason ${index}`], source: {} },
  ...more,
})
const place = { type: 'resource-based policy', policy: 'repository policy', sid: 'NoPush', index: 1 }
const denied: ExplainedDecision = {
  ...{ action: 'ecr:PutImage', resource: 'arn:app', principal: 'arn:dev', allowed: false },
  ...{ type: 'resource-based policy', decidedBy: place },
  considered: [
    statement(0, { because: ['Action ecr:PutImage is not iam:PassRole'] }),
    statement(1, { because: ['Resource', 'Condition'] }),
    statement(2),
    { ...place, effect: 'Deny', matched: true, decided: true, because: [], source: {} },
    statement(3, { matched: true, because: [] }),
  ],
  conditions: { 'aws:sourceip': '127.0.0.1', 'aws:tagkeys': ['a', 'b'], 'aws:username': null },
  wouldChange: ['Remove it'],
  statementsToAdd: [{ to: 'a policy of arn:dev', statement: { Effect: 'Allow', Action: 'ecr:PutImage' } }],
  warnings: ['Amazon ECR has no action ecr:Put'],
}
const request: Explanation = {
  ...{ requestId: '0d1c', at: '2026-01-02T03:04:05.678Z', plane: 'control', operation: 'PutImage' },
  outcome: { code: 'AccessDeniedException', message: 'No.' },
  decisions: [denied],
}

describe('explanation text', () => {
  it('An explanation shows request, verdict, nearest statements, values and possible changes', () => {
    expect(explanationText(request, false)).toBe(
      `PutImage  control plane  2026-01-02T03:04:05.678Z  0d1c
  refused: AccessDeniedException
  No.

no ecr:PutImage on arn:app
  by arn:dev
  denied by statement 2 (NoPush) of repository policy (resource-based policy)
  Statements that match
    Deny  statement 2 (NoPush) of repository policy (resource-based policy), which decided
    Allow  statement 4 of inline policy 1 of user dev (identity-based policy)
  Statements that do not match, the nearest first
    Allow  statement 3 of inline policy 1 of user dev (identity-based policy)
           Reason 2
    Allow  statement 2 of inline policy 1 of user dev (identity-based policy)
           Resource
           Condition
    Allow  statement 1 of inline policy 1 of user dev (identity-based policy)
           Action ecr:PutImage is not iam:PassRole
  Condition keys they look at
    aws:sourceip  127.0.0.1
    aws:tagkeys  a, b
    aws:username  absent
  What would change it
    Remove it
  To paste into a policy of arn:dev
    {
      "Effect": "Allow",
      "Action": "ecr:PutImage"
    }
  Hardly meant
    Amazon ECR has no action ecr:Put
`,
    )
  })

  it('An explanation shows what allowed a request and that it is not answered yet', () => {
    const decidedBy = { ...place, type: 'session policy', policy: 'session policy' }
    const allowed: ExplainedDecision = { ...denied, allowed: true, decidedBy, considered: [], wouldChange: [] }
    const text = explanationText({ requestId: '0d1c', outcome: 'in hand', decisions: [allowed] }, false)
    expect(text).toContain('In hand  0d1c\n  not answered yet\n')
    expect(text).toContain(
      'yes ecr:PutImage on arn:app\n  by arn:dev\n  allowed by statement 2 (NoPush) of session policy\n',
    )
  })

  it('An explanation counts the statements that are too many to show', () => {
    const considered = Array.from({ length: 13 }, (_, index) => statement(index))
    const text = explanationText({ ...request, decisions: [{ ...denied, considered }] }, false)
    expect(text.match(/Reason/g)).toHaveLength(10)
    expect(text).toContain('    and 3 more, see /_admin/explain\n')
  })

  it('An explanation counts the decisions that were not recorded', () => {
    const text = explanationText({ ...request, decisionsLeftOut: 84 }, false)
    expect(text).toMatch(/\n\nand 84 more decisions, which were not recorded\n$/)
    expect(explanationText(request, false)).not.toContain('not recorded')
  })

  it('An incomplete explanation says what is missing', () => {
    expect(explanationText({ ...request, incomplete: 'No data plane.' }, false)).toContain('Incomplete: No data plane.')
    expect(refusalsText({ refused: [], incomplete: 'No data plane.' }, false)).toBe(
      'No request was refused.\n\nIncomplete: No data plane.\n',
    )
  })

  it('An explanation is coloured only where colours are shown', () => {
    expect(explanationText(request, true)).toContain('\u001b[31m')
    expect(explanationText(request, false)).not.toContain('\u001b')
  })

  it('An explanation escapes the control characters that a client sent', () => {
    const evil = 'GET /\u001b[2J\u009b2J\u202e\u0007\r'
    const refused = {
      requestId: 'a',
      at: '',
      plane: 'data',
      operation: evil,
      code: evil,
      message: `${evil}\nnext`,
    } as const
    const decision = { ...denied, resource: evil, principal: evil, conditions: { 'aws:useragent': evil } }
    const decisions = [{ ...decision, wouldChange: [evil], considered: [statement(0, { sid: evil, because: [evil] })] }]
    const texts = [
      refusalsText({ refused: [refused], incomplete: evil }, false),
      explanationText({ ...request, operation: evil, outcome: refused, decisions }, false),
    ]
    for (const text of texts) expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}|\p{Cf}/u)
    expect(texts[0]).toContain('GET /\\u001b[2J\\u009b2J\\u202e\\u0007\\u000d')
  })
})
