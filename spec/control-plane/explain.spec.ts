import {
  BatchGetImageCommand,
  DescribeRepositoriesCommand,
  ListImagesCommand,
  SetRepositoryPolicyCommand,
} from '@aws-sdk/client-ecr'
import { randomUUID } from 'node:crypto'
import { request } from 'undici'
import { describe, expect, it } from 'vitest'
import { remoteDecisions } from '../../src/adapters/peer/peer-decisions.js'
import { remoteImporter } from '../../src/adapters/peer/peer-importer.js'
import { memoryKeyValue } from '../../src/adapters/memory/key-value.js'
import { storeOf } from '../../src/store/store-of.js'
import { account, now, region, settings } from '../support/emulator.js'
import { type RunningRegistry, startRegistry, userOf } from '../support/registry.js'
import { secretArn } from '../support/rules.js'
import {
  app,
  list,
  accounts,
  put,
  listed,
  emulatorWithApp,
  requestIdOf,
  ask,
  explained,
  refusals,
} from '../support/explained.js'

describe('GET /_admin/explain of one request', () => {
  it('An explanation names the caller, the request, the refusal and what would have to change', async () => {
    await using emulator = await emulatorWithApp()
    const { decisions, ...told } = await explained(emulator, emulator.as('AKIDREADER').send(put))
    expect(told).toEqual({
      requestId: expect.any(String),
      ...{ at: now.toISOString(), plane: 'control', operation: 'PutImage' },
      outcome: {
        code: 'AccessDeniedException',
        message: `User: arn:aws:iam::${account}:user/reader is not authorized to perform: ecr:PutImage on resource: ${app} because no identity-based policy allows the ecr:PutImage action`,
      },
    })
    expect(decisions).toHaveLength(1)
    expect(decisions[0]).toMatchObject({
      ...{ action: 'ecr:PutImage', resource: app, principal: `arn:aws:iam::${account}:user/reader` },
      ...{ allowed: false, type: 'identity-based policy' },
    })
    expect(decisions[0]).not.toHaveProperty('decidedBy')
    expect(decisions[0]?.considered).toMatchObject([
      { sid: 'ListHere', index: 0, effect: 'Allow', matched: false, decided: false, source: list },
    ])
    expect(decisions[0]?.considered[0]?.because.join()).toContain('ecr:ListImages')
    expect(decisions[0]?.wouldChange.join()).toContain('ecr:PutImage')
    expect(decisions[0]?.statementsToAdd).toEqual([
      {
        to: `a policy of arn:aws:iam::${account}:user/reader`,
        statement: { Effect: 'Allow', Action: 'ecr:PutImage', Resource: app },
      },
    ])
  })

  it('An explanation shows the values that policies read, including absent ones, and no others', async () => {
    await using emulator = await emulatorWithApp()
    const { decisions, outcome } = await explained(emulator, emulator.as('AKIDREADER').send(listed))
    expect(outcome).toBe('answered')
    expect(decisions[0]?.conditions).toEqual({ 'aws:principaltag/left': null, 'aws:requestedregion': region })
  })

  it('An explanation names the statement that allowed the request', async () => {
    await using emulator = await emulatorWithApp()
    const { decisions } = await explained(emulator, emulator.as('AKIDREADER').send(listed))
    expect(decisions[0]).toMatchObject({
      allowed: true,
      decidedBy: { type: 'identity-based policy', sid: 'ListHere', index: 0 },
      considered: [{ matched: true, decided: true }],
      ...{ wouldChange: [], statementsToAdd: [], warnings: [] },
    })
    expect(decisions[0]).not.toHaveProperty('type')
  })

  it('An explanation names the statement that denied the request, even if the policy has changed since', async () => {
    await using emulator = await emulatorWithApp()
    const noPush = { Sid: 'NoPush', Effect: 'Deny', Principal: '*', Action: 'ecr:PutImage' }
    const open = { Sid: 'Open', Effect: 'Allow', Principal: '*', Action: 'ecr:PutImage' }
    const policyOf = (statement: object) =>
      new SetRepositoryPolicyCommand({
        repositoryName: 'team/app',
        policyText: JSON.stringify({ Version: '2012-10-17', Statement: [statement] }),
      })
    await emulator.as('AKIDADMIN').send(policyOf(noPush))
    const id = await requestIdOf(emulator.as('AKIDADMIN').send(put))
    await emulator.as('AKIDADMIN').send(policyOf(open))
    const { decisions } = (await ask(emulator, `?requestId=${id}`)).body
    expect(decisions[0]).toMatchObject({
      allowed: false,
      type: 'resource-based policy',
      decidedBy: { type: 'resource-based policy', policy: 'repository policy', sid: 'NoPush', index: 0 },
    })
    const places = decisions[0]?.considered.map(({ sid, matched, decided }) => [sid, matched, decided])
    expect(places).toEqual(
      expect.arrayContaining([
        ['NoPush', true, true],
        ['Everything', true, false],
      ]),
    )
    expect(decisions[0]?.wouldChange.join()).toContain('NoPush')
  })

  it('An explanation lists every decision up to the first refusal', async () => {
    await using emulator = await emulatorWithApp()
    const several = new DescribeRepositoriesCommand({ repositoryNames: ['team/app', 'team/other'] })
    const answered = await explained(emulator, emulator.as('AKIDADMIN').send(several))
    expect(answered.decisions.map(({ resource }) => resource.split('/').at(-1))).toEqual(['app', 'other'])
    const refused = await explained(emulator, emulator.as('AKIDREADER').send(several))
    expect(refused.decisions.map(({ allowed }) => allowed)).toEqual([false])
  })

  it('The explanation of a wrong signature shows the refusal and no decision', async () => {
    await using emulator = await emulatorWithApp()
    const wrong = emulator.clientWith({ accessKeyId: 'AKIDREADER', secretAccessKey: 'wrong' })
    const told = await explained(emulator, wrong.send(listed))
    expect(told).toMatchObject({
      operation: 'ListImages',
      outcome: { code: 'InvalidSignatureException' },
      decisions: [],
    })
  })

  it('An explanation says how many decisions it leaves out', async () => {
    await using emulator = await emulatorWithApp()
    const repositoryNames = Array.from({ length: 30 }, (_, n) => `team/${n}`)
    const told = await explained(
      emulator,
      emulator.as('AKIDADMIN').send(new DescribeRepositoriesCommand({ repositoryNames })),
    )
    expect(told.decisions).toHaveLength(20)
    expect(told.decisionsLeftOut).toBe(10)
  })

  it('An explanation omits the Authorization header that the refusal repeats to its client', async () => {
    await using emulator = await emulatorWithApp()
    const authorization = 'AWS4-HMAC-SHA256 Credential=sEcReT/20260102/us-east-1/ecr/aws4_request'
    const headers = { authorization, 'x-amz-target': 'AmazonEC2ContainerRegistry_V20150921.ListImages' }
    const answer = await request(emulator.endpoint, { method: 'POST', headers, body: '{}' })
    expect(await answer.body.text()).toContain(`Authorization=${authorization}`)
    const { body } = await ask(emulator, `?requestId=${String(answer.headers['x-amzn-requestid'])}`)
    expect(JSON.stringify(body)).not.toContain('sEcReT')
    expect(body.outcome).toMatchObject({
      message: expect.stringMatching(/'SignedHeaders'.* Authorization=\(not kept\)$/),
    })
    const [listedRefusal] = (await refusals(emulator)).refused
    expect(listedRefusal).toMatchObject({ requestId: body.requestId, message: expect.stringContaining('(not kept)') })
  })

  it('The answer for an unknown request id says which ids are known and where to find them', async () => {
    await using emulator = await emulatorWithApp()
    expect(await ask(emulator, '?requestId=none')).toEqual({
      status: 404,
      body: {
        message:
          'There is no request none among the last 10,000 since the start. The id is in the header x-amzn-requestid of ' +
          'every answer; without an id, the latest refusals are listed.',
      },
    })
  })
})

describe('GET /_admin/explain without a request id', () => {
  it('GET /_admin/explain without a request id lists the latest twenty refusals, newest first', async () => {
    await using emulator = await emulatorWithApp()
    const sent = []
    for (let n = 0; n < 21; n++) sent.push(await requestIdOf(emulator.as('AKIDREADER').send(put)))
    await emulator.as('AKIDREADER').send(listed)
    const { refused } = await refusals(emulator)
    expect(refused.map(({ requestId }) => requestId)).toEqual(sent.slice(1).reverse())
    expect(refused[0]).toEqual({
      requestId: sent.at(-1),
      ...{ at: now.toISOString(), plane: 'control', operation: 'PutImage', code: 'AccessDeniedException' },
      message: expect.stringContaining('is not authorized to perform: ecr:PutImage'),
    })
  })

  it('GET /_admin/explain treats an empty request id as none', async () => {
    await using emulator = await emulatorWithApp()
    const requestId = await requestIdOf(emulator.as('AKIDREADER').send(put))
    expect(await ask(emulator, '?requestId=')).toMatchObject({ status: 200, body: { refused: [{ requestId }] } })
  })

  it('The list of refusals omits what is not found, invalid input and calls without credentials', async () => {
    await using emulator = await emulatorWithApp()
    const admin = emulator.as('AKIDADMIN')
    await requestIdOf(admin.send(new ListImagesCommand({ repositoryName: 'team/none' })))
    await requestIdOf(admin.send(new ListImagesCommand({ repositoryName: 'No' })))
    await request(emulator.endpoint, { method: 'POST', headers: { 'x-amz-target': 'X.ListImages' }, body: '{}' })
    const wrong = emulator.clientWith({ accessKeyId: 'AKIDREADER', secretAccessKey: 'wrong' })
    const requestId = await requestIdOf(wrong.send(listed))
    expect((await refusals(emulator)).refused).toMatchObject([{ requestId, code: 'InvalidSignatureException' }])
  })
})

describe('data plane in another process', () => {
  const sourceOf = ({ port }: RunningRegistry, secret = settings.secret) =>
    remoteDecisions({ origin: `http://127.0.0.1:${port}`, secret, ids: { uuid: randomUUID } })
  const pull = async (registry: RunningRegistry) => {
    const headers = { authorization: registry.tokenOf(userOf('reader')) }
    const { headers: answered } = await registry.send('GET', '/v2/team/app/manifests/v1', { headers })
    return String(answered['x-amzn-requestid'])
  }

  it('The control plane asks the data plane about requests that it does not know itself', async () => {
    await using registry = await startRegistry({ accounts, ids: { uuid: randomUUID } })
    await using emulator = await emulatorWithApp({ explanations: sourceOf(registry) })
    const id = await pull(registry)
    const { status, body } = await ask(emulator, `?requestId=${id}`)
    expect(status).toBe(200)
    expect(body).toMatchObject({ requestId: id, plane: 'data', operation: 'GET /v2/team/app/manifests/v1' })
    expect(body).toMatchObject({ outcome: { code: 'DENIED' }, decisions: [{ action: 'ecr:BatchGetImage' }] })
    expect((await ask(emulator, '?requestId=none')).status).toBe(404)
  })

  it('The data plane adds its own decisions to those on a request of the API', async () => {
    await using registry = await startRegistry({ accounts, ids: { uuid: randomUUID } })
    await using emulator = await emulatorWithApp({ explanations: sourceOf(registry) })
    const requestId = await requestIdOf(emulator.as('AKIDREADER').send(listed))
    const [made] = emulator.deps.decisions.find(requestId)!.decisions
    for (let n = 0; n < 22; n++) registry.deps.decisions.decided(requestId, made!)
    const { decisions, outcome, decisionsLeftOut } = (await ask(emulator, `?requestId=${requestId}`)).body
    expect({ outcome, allowed: decisions.map(({ allowed }) => allowed), decisionsLeftOut }).toEqual({
      ...{ outcome: 'answered', allowed: Array(21).fill(true), decisionsLeftOut: 2 },
    })
  })

  it('The refusals of the data plane are among the latest refusals, in order of time', async () => {
    await using registry = await startRegistry({ accounts, ids: { uuid: randomUUID } })
    await using emulator = await emulatorWithApp({ explanations: sourceOf(registry) })
    const first = await requestIdOf(emulator.as('AKIDREADER').send(put))
    await registry.deps.clock.advance(1)
    const second = await pull(registry)
    await emulator.deps.clock.advance(2)
    const third = await requestIdOf(emulator.as('AKIDREADER').send(put))
    const { refused } = await refusals(emulator)
    expect(refused.map(({ requestId }) => requestId)).toEqual([third, second, first])
  })

  it('The list of refusals omits the refusals that every push and pull meets', async () => {
    await using registry = await startRegistry({ accounts, ids: { uuid: randomUUID } })
    await using emulator = await emulatorWithApp({ explanations: sourceOf(registry) })
    const send = (path: string, authorization: string) => registry.send('GET', path, { headers: { authorization } })
    expect((await send('/v2/', '')).status).toBe(401)
    const admin = registry.tokenOf(userOf('admin'))
    await registry.createRepository('team/app')
    const head = await registry.send('HEAD', '/v2/team/app/manifests/v1', { headers: { authorization: admin } })
    expect(head.status).toBe(404)
    const blob = await registry.send('HEAD', `/v2/team/app/blobs/sha256:${'0'.repeat(64)}`, {
      headers: { authorization: admin },
    })
    expect(blob.status).toBe(404)
    const forged = await send('/v2/', 'Basic Zm9yZ2Vk')
    await registry.deps.clock.advance(12 * 60 * 60)
    const expired = await send('/v2/', registry.tokenOf(userOf('admin')))
    const ids = [expired, forged].map(({ headers }) => headers['x-amzn-requestid'])
    expect((await refusals(emulator)).refused.map(({ requestId }) => requestId)).toEqual(ids)
  })

  it('The list of refusals includes a pull that found no image and says that no rule serves its name', async () => {
    await using registry = await startRegistry({ accounts, ids: { uuid: randomUUID } })
    await using emulator = await emulatorWithApp({ explanations: sourceOf(registry) })
    const headers = { authorization: registry.tokenOf(userOf('admin')) }
    const { headers: answered } = await registry.send('GET', '/v2/docker-hub/library/nginx/manifests/1', { headers })
    const { refused } = await refusals(emulator)
    expect(refused).toMatchObject([{ requestId: answered['x-amzn-requestid'], code: 'NAME_UNKNOWN' }])
    const hint =
      `No pull through cache rule of account ${account} in ${region} serves docker-hub/library/nginx: ` +
      'an image there has to be pushed'
    expect(refused[0]).toMatchObject({ hint })
    const { body } = await ask(emulator, `?requestId=${String(answered['x-amzn-requestid'])}`)
    expect(body).toMatchObject({ hint })
  })

  it('The list of refusals includes a first pull through the API that may not create the repository', async () => {
    const store = storeOf(memoryKeyValue())
    await using registry = await startRegistry({ store, accounts, ids: { uuid: randomUUID } })
    const origin = `http://127.0.0.1:${registry.port}`
    const importer = remoteImporter({ origin, secret: settings.secret, ids: { uuid: randomUUID } })
    await using emulator = await emulatorWithApp({ store, importer, explanations: sourceOf(registry) })
    const [ecrRepositoryPrefix, at] = ['ecr-public', now.getTime()]
    await store.rules.put({ account, region }, ecrRepositoryPrefix, {
      ...{ ecrRepositoryPrefix, upstreamRegistryUrl: 'public.ecr.aws', upstreamRepositoryPrefix: 'ROOT' },
      ...{ createdAt: at, updatedAt: at, credentialArn: secretArn },
    })
    const pulled = new BatchGetImageCommand({ repositoryName: 'ecr-public/app', imageIds: [{ imageTag: 'v1' }] })
    const requestId = await requestIdOf(emulator.as('AKIDPULLER').send(pulled))
    expect((await refusals(emulator)).refused).toMatchObject([{ requestId, code: 'RepositoryNotFoundException' }])
    const { operation, decisions } = (await ask(emulator, `?requestId=${requestId}`)).body
    expect({ operation, decided: decisions.map(({ action, allowed }) => [action, allowed]) }).toEqual({
      operation: 'BatchGetImage',
      decided: [
        ['ecr:BatchGetImage', true],
        ['ecr:CreateRepository', false],
      ],
    })
  })

  it('The data plane reveals no decision to a caller that cannot sign for the installation', async () => {
    await using registry = await startRegistry({ accounts, ids: { uuid: randomUUID } })
    const id = await pull(registry)
    const path = `/_decisions?requestId=${id}`
    expect((await registry.send('GET', path)).status).toBe(403)
    await expect(sourceOf(registry, 'another secret').find(id)).rejects.toMatchObject({ code: 'ServerException' })
  })

  it('An explanation is marked as incomplete when the data plane does not answer', async () => {
    const stopped = await startRegistry({ accounts })
    await stopped[Symbol.asyncDispose]()
    await using emulator = await emulatorWithApp({ explanations: sourceOf(stopped) })
    const incomplete = expect.stringContaining(`The data plane at http://127.0.0.1:${stopped.port} does not answer`)
    const told = await explained(emulator, emulator.as('AKIDREADER').send(put))
    expect(told).toMatchObject({ operation: 'PutImage', incomplete })
    expect(await refusals(emulator)).toMatchObject({ refused: [{ requestId: told.requestId }], incomplete })
    expect(await ask(emulator, '?requestId=none')).toMatchObject({ status: 404, body: { incomplete } })
  })
})
