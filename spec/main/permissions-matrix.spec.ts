import {
  BatchDeleteImageCommand,
  CreatePullThroughCacheRuleCommand,
  CreateRepositoryCommand,
  ECRClient,
  type ECRServiceException,
  GetAuthorizationTokenCommand,
  PutRegistryPolicyCommand,
  SetRepositoryPolicyCommand,
} from '@aws-sdk/client-ecr'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { request } from 'undici'
import { compose, type Running } from '../../src/compose/compose.js'
import { readConfig } from '../../src/config/read-config.js'
import { type FaultyUpstream, faultyUpstream } from '../support/faulty-upstream.js'
import { digestOf, makeImage } from '../support/upstream-content.js'
import { silent } from '../support/silent-log.js'

/*
 * Permissions cell by cell: seven kinds of callers and six actions. Every caller may fetch an authorization token,
 * which only an identity-based policy can allow.
 */

const account = '111122223333'
const other = '444455556666'
const region = 'us-east-1'

const allow = (...actions: string[]) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }],
})
const login = allow('ecr:GetAuthorizationToken')
const user = (accessKeyId: string, ...policies: object[]) => ({ accessKeys: { [accessKeyId]: 'secret' }, policies })
const accounts = {
  [account]: {
    users: {
      admin: user('AKIAADMIN', allow('ecr:*')),
      nobody: user('AKIANOBODY', login),
      'by-identity': user('AKIAIDENTITY', allow('ecr:*')),
      'by-registry': user('AKIAREGISTRY', login),
      'by-repository': user('AKIAREPOSITORY', login),
      'pull-only': user('AKIAPULLONLY', login, allow('ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer')),
    },
  },
  [other]: { users: { stranger: user('AKIASTRANGER', allow('ecr:*')), guest: user('AKIAGUEST', allow('ecr:*')) } },
}
const arnOf = (name: string, of = account) => `arn:aws:iam::${of}:user/${name}`
const grantTo = (arns: string[], resource?: string) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'all',
        Effect: 'Allow',
        Principal: { AWS: arns },
        Action: 'ecr:*',
        ...(resource !== undefined && { Resource: resource }),
      },
    ],
  })

/** The repositories of one row of the matrix, so that no row affects another. */
const names = (row: string) => ({
  here: `ecr-public/${row}/here`,
  missing: `ecr-public/${row}/missing`,
  own: `own/${row}`,
})

const rows = {
  nobody: { key: 'AKIANOBODY', arn: arnOf('nobody') },
  identity: { key: 'AKIAIDENTITY', arn: arnOf('by-identity') },
  registry: { key: 'AKIAREGISTRY', arn: arnOf('by-registry') },
  repository: { key: 'AKIAREPOSITORY', arn: arnOf('by-repository') },
  pullOnly: { key: 'AKIAPULLONLY', arn: arnOf('pull-only') },
  stranger: { key: 'AKIASTRANGER', arn: arnOf('stranger', other) },
  guest: { key: 'AKIAGUEST', arn: arnOf('guest', other) },
} as const
type Row = keyof typeof rows

const repositoryArn = (name: string) => `arn:aws:ecr:${region}:${account}:repository/${name}`
const denied = (row: Row, action: string, resource: string, kind: 'identity-based' | 'resource-based') =>
  `User: ${rows[row].arn} is not authorized to perform: ecr:${action} on resource: ${resource} ` +
  `because no ${kind} policy allows the ecr:${action} action`

let upstream: FaultyUpstream
let running: Running
const client = (accessKeyId: string) =>
  new ECRClient({
    endpoint: running.endpoint,
    region,
    credentials: { accessKeyId, secretAccessKey: 'secret' },
    maxAttempts: 1,
  })

beforeAll(async () => {
  upstream = await faultyUpstream()
  const upstreams = { 'public.ecr.aws': { endpoint: upstream.url } }
  const config = { ...readConfig({ store: 'memory', port: '0', registryPort: '0' }, {}), accounts, upstreams }
  running = await compose(config, ['control-plane', 'data-plane'], silent)
  const admin = client('AKIAADMIN')
  await admin.send(
    new CreatePullThroughCacheRuleCommand({ ecrRepositoryPrefix: 'ecr-public', upstreamRegistryUrl: 'public.ecr.aws' }),
  )
  const policyText = grantTo([arnOf('by-registry'), arnOf('guest', other)], '*')
  await admin.send(new PutRegistryPolicyCommand({ policyText }))
  for (const row of Object.keys(rows)) {
    const { here, missing, own } = names(row.toLowerCase())
    for (const name of [here, missing]) {
      upstream.addImage(name.replace('ecr-public/', ''), { tag: 'first', seed: `${name} first` })
      upstream.addImage(name.replace('ecr-public/', ''), { tag: 'cached', seed: `${name} cached` })
    }
    for (const repositoryName of [here, own]) {
      await admin.send(new CreateRepositoryCommand({ repositoryName }))
      await admin.send(
        new SetRepositoryPolicyCommand({ repositoryName, policyText: grantTo([arnOf('by-repository')]) }),
      )
    }
    expect((await pull('AKIAADMIN', here, 'cached')).status).toBe(200)
  }
})

afterAll(async () => {
  await running.close()
  await upstream.close()
})

/** Sends a request to the registry of `account` with the token that this access key fetches. */
async function ask(
  accessKeyId: string,
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  path: string,
  body?: Buffer,
  type = '',
) {
  const { authorizationData } = await client(accessKeyId).send(new GetAuthorizationTokenCommand({}))
  const answer = await request(`http://${running.registry}/v2/${path}`, {
    method,
    headers: {
      host: `${account}.dkr.ecr.${region}.localhost`,
      authorization: `Basic ${authorizationData![0]!.authorizationToken}`,
      ...(type && { 'content-type': type }),
    },
    body: body ?? null,
  })
  const text = await answer.body.text()
  const { errors } = (answer.statusCode >= 400 ? JSON.parse(text) : {}) as {
    errors?: [{ code: string; message: string }]
  }
  const error = errors && `${errors[0].code} ${errors[0].message}`.replace(/ \(ecr-local explain \S+ says why\)$/, '')
  return { status: answer.statusCode, ...(error !== undefined && { error }) }
}

const pull = (accessKeyId: string, repository: string, tag: string) =>
  ask(accessKeyId, 'GET', `${repository}/manifests/${tag}`)

/** Pushes a whole image, blobs first. Returns the first refusal, or the answer to the manifest. */
async function push(accessKeyId: string, repository: string) {
  const { image, blobs } = makeImage({ seed: `${accessKeyId} ${repository}` })
  for (const blob of blobs) {
    const answer = await ask(accessKeyId, 'POST', `${repository}/blobs/uploads/?digest=${digestOf(blob)}`, blob)
    if (answer.status !== 201) return answer
  }
  return ask(accessKeyId, 'PUT', `${repository}/manifests/pushed`, image.bytes, image.mediaType)
}

async function createRule(accessKeyId: string, row: Row) {
  const rule = {
    ecrRepositoryPrefix: `rule-of-${row.toLowerCase()}`,
    upstreamRegistryUrl: 'public.ecr.aws',
    registryId: account,
  }
  return client(accessKeyId)
    .send(new CreatePullThroughCacheRuleCommand(rule))
    .then(
      () => 'created',
      (error: ECRServiceException) => error.message,
    )
}

const deleteImage = (accessKeyId: string, repositoryName: string) =>
  client(accessKeyId)
    .send(new BatchDeleteImageCommand({ registryId: account, repositoryName, imageIds: [{ imageTag: 'cached' }] }))
    .then(
      ({ imageIds }) => `deleted ${imageIds?.length}`,
      (error: ECRServiceException) => error.message,
    )

const notFound = (error: string) => ({ status: 404, error })
const forbidden = (message: string) => ({ status: 403, error: `DENIED ${message}` })

interface Cells {
  createRule: string
  firstPullWithRepository: object
  firstPullWithout: object
  cachedPull: object
  push: object
  delete: string
}

/** Every cell of the matrix, spelled out. */
const matrix: Record<Row, Cells> = {
  nobody: {
    createRule: denied('nobody', 'CreatePullThroughCacheRule', '*', 'identity-based'),
    firstPullWithRepository: forbidden(
      denied('nobody', 'BatchGetImage', repositoryArn('ecr-public/nobody/here'), 'identity-based'),
    ),
    firstPullWithout: forbidden(
      denied('nobody', 'BatchGetImage', repositoryArn('ecr-public/nobody/missing'), 'identity-based'),
    ),
    cachedPull: forbidden(denied('nobody', 'BatchGetImage', repositoryArn('ecr-public/nobody/here'), 'identity-based')),
    push: forbidden(denied('nobody', 'InitiateLayerUpload', repositoryArn('own/nobody'), 'identity-based')),
    delete: denied('nobody', 'BatchDeleteImage', repositoryArn('ecr-public/nobody/here'), 'identity-based'),
  },
  identity: {
    createRule: 'created',
    firstPullWithRepository: { status: 200 },
    firstPullWithout: { status: 200 },
    cachedPull: { status: 200 },
    push: { status: 201 },
    delete: 'deleted 1',
  },
  registry: {
    createRule: denied('registry', 'CreatePullThroughCacheRule', '*', 'identity-based'),
    firstPullWithRepository: { status: 200 },
    firstPullWithout: { status: 200 },
    cachedPull: { status: 200 },
    push: { status: 201 },
    delete: 'deleted 1',
  },
  repository: {
    createRule: denied('repository', 'CreatePullThroughCacheRule', '*', 'identity-based'),
    firstPullWithRepository: { status: 200 },
    firstPullWithout: forbidden(
      denied('repository', 'BatchGetImage', repositoryArn('ecr-public/repository/missing'), 'identity-based'),
    ),
    cachedPull: { status: 200 },
    push: { status: 201 },
    delete: 'deleted 1',
  },
  pullOnly: {
    createRule: denied('pullOnly', 'CreatePullThroughCacheRule', '*', 'identity-based'),
    firstPullWithRepository: notFound('MANIFEST_UNKNOWN Requested image not found'),
    firstPullWithout: notFound(
      `NAME_UNKNOWN The repository with name 'ecr-public/pullonly/missing' does not exist in the registry with id '${account}'`,
    ),
    cachedPull: { status: 200 },
    push: forbidden(denied('pullOnly', 'InitiateLayerUpload', repositoryArn('own/pullonly'), 'identity-based')),
    delete: denied('pullOnly', 'BatchDeleteImage', repositoryArn('ecr-public/pullonly/here'), 'identity-based'),
  },
  guest: {
    createRule: denied('guest', 'CreatePullThroughCacheRule', '*', 'resource-based'),
    firstPullWithRepository: { status: 200 },
    firstPullWithout: { status: 200 },
    cachedPull: { status: 200 },
    push: { status: 201 },
    delete: 'deleted 1',
  },
  stranger: {
    createRule: denied('stranger', 'CreatePullThroughCacheRule', '*', 'resource-based'),
    firstPullWithRepository: forbidden(
      denied('stranger', 'BatchGetImage', repositoryArn('ecr-public/stranger/here'), 'resource-based'),
    ),
    firstPullWithout: forbidden(
      denied('stranger', 'BatchGetImage', repositoryArn('ecr-public/stranger/missing'), 'resource-based'),
    ),
    cachedPull: forbidden(
      denied('stranger', 'BatchGetImage', repositoryArn('ecr-public/stranger/here'), 'resource-based'),
    ),
    push: forbidden(denied('stranger', 'InitiateLayerUpload', repositoryArn('own/stranger'), 'resource-based')),
    delete: denied('stranger', 'BatchDeleteImage', repositoryArn('ecr-public/stranger/here'), 'resource-based'),
  },
}

describe.each(Object.entries(matrix) as [Row, Cells][])('permissions of the caller %s', (row, cells) => {
  const { key } = rows[row]
  const { here, missing, own } = names(row.toLowerCase())

  it(`CreatePullThroughCacheRule is answered to the caller ${row} as the matrix says`, async () => {
    expect(await createRule(key, row)).toEqual(cells.createRule)
  })

  it(`A first pull by the caller ${row} into an existing repository is answered as the matrix says`, async () => {
    expect(await pull(key, here, 'first')).toEqual(cells.firstPullWithRepository)
  })

  it(`A first pull by the caller ${row} into a new repository is answered as the matrix says`, async () => {
    expect(await pull(key, missing, 'first')).toEqual(cells.firstPullWithout)
  })

  it(`A cached pull by the caller ${row} is answered as the matrix says`, async () => {
    expect(await pull(key, here, 'cached')).toEqual(cells.cachedPull)
  })

  it(`A push by the caller ${row} is answered as the matrix says`, async () => {
    expect(await push(key, own)).toEqual(cells.push)
  })

  it(`BatchDeleteImage is answered to the caller ${row} as the matrix says`, async () => {
    expect(await deleteImage(key, here)).toEqual(cells.delete)
  })
})
