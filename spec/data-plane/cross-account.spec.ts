import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { authorizer } from '../../src/access/authorizer.js'
import type { Accounts } from '../../src/access/credentials.js'
import { decisionLog } from '../../src/access/explain/decision-log.js'
import { identitiesIn } from '../../src/access/identities.js'
import { memoryKeyValue } from '../../src/adapters/memory/key-value.js'
import { storeOf } from '../../src/store/store-of.js'
import {
  allowing,
  errorIn,
  registry,
  type RequestOptions,
  type RunningRegistry,
  startRegistry,
  userOf,
} from '../support/registry.js'
import { digestOf, makeImage, seededBytes } from '../support/upstream-content.js'

const foreign = '444455556666'
const appArn = 'arn:aws:ecr:us-east-1:123456789012:repository/app'
const pulling = ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer']
const pushing = [
  'BatchCheckLayerAvailability',
  'InitiateLayerUpload',
  'UploadLayerPart',
  'CompleteLayerUpload',
  'PutImage',
]
const host = '123456789012.dkr.ecr.us-east-1.localhost:4510'

/**
 * A resource-based policy of one statement: a registry policy if a resource is given, otherwise a repository policy.
 */
const granting = (principal: string, actions: string[], resource?: string) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: { AWS: principal }, Action: actions, ...(resource && { Resource: resource }) },
    ],
  })

describe('resource-based policies of a registry', () => {
  let running: RunningRegistry
  let layer: string
  beforeAll(async () => {
    const accounts: Accounts = {
      [registry.account]: { users: { developer: { policies: [allowing('ecr:*')] }, bare: {} } },
      [foreign]: { users: { visitor: { policies: [allowing('ecr:*')] }, mute: {} } },
    }
    running = await startRegistry({ accounts })
    for (const name of ['app', 'other']) {
      await running.createRepository(name)
      const image = await running.push(name, { tag: 'latest' })
      layer = image.config
    }
  })
  afterAll(() => running[Symbol.asyncDispose]())
  beforeEach(async () => {
    await running.deps.store.registryPolicies.remove(registry, 'policy')
    await running.deps.store.repositoryPolicies.remove(registry, 'app')
  })

  const setRegistryPolicy = (text: string) => running.deps.store.registryPolicies.put(registry, 'policy', { text })
  const setRepositoryPolicy = (text: string) => running.deps.store.repositoryPolicies.put(registry, 'app', { text })
  /** Sends a request to the host of the registry as a user whose token is for the account of that user. */
  const askAs = (user: string, account: string, method: string, path: string, options: RequestOptions = {}) => {
    const authorization = running.tokenOf(userOf(user, account), { account })
    return running.send(method, path, { ...options, headers: { host, authorization, ...options.headers } })
  }
  const pullAs = async (user: string, account = registry.account, name = 'app') =>
    Promise.all([
      askAs(user, account, 'GET', `/v2/${name}/manifests/latest`).then(({ status }) => status),
      askAs(user, account, 'GET', `/v2/${name}/blobs/${layer}`).then(({ status }) => status),
    ])

  it('A registry policy alone lets a user of the same account pull from the repositories it names', async () => {
    expect(await pullAs('bare')).toEqual([403, 403])
    await setRegistryPolicy(granting(userOf('bare').arn, pulling, 'arn:aws:ecr:us-east-1:123456789012:repository/app'))

    expect(await pullAs('bare')).toEqual([200, 200])
    expect(await pullAs('bare', registry.account, 'other')).toEqual([403, 403])
    expect((await askAs('bare', registry.account, 'GET', '/v2/app/tags/list')).status).toBe(403)
  })

  it('A repository policy alone lets a user of the same account pull from that repository', async () => {
    await setRepositoryPolicy(granting(userOf('bare').arn, pulling))

    expect(await pullAs('bare')).toEqual([200, 200])
    expect(await pullAs('bare', registry.account, 'other')).toEqual([403, 403])
  })

  it('A resource-based policy cannot allow docker login', async () => {
    await setRegistryPolicy(granting(userOf('bare').arn, ['ecr:*'], '*'))
    const answer = await askAs('bare', registry.account, 'GET', '/v2/')

    expect(answer.status).toBe(403)
    expect(errorIn(answer).message).toBe(
      'User: arn:aws:iam::123456789012:user/bare is not authorized to perform: ecr:GetAuthorizationToken on resource: * because no identity-based policy allows the ecr:GetAuthorizationToken action',
    )
  })

  it('A user of another account can log in but is denied everything else, in the words of IAM', async () => {
    expect((await askAs('visitor', foreign, 'GET', '/v2/')).status).toBe(200)
    const answer = await askAs('visitor', foreign, 'POST', '/v2/app/blobs/uploads/')

    expect(answer.status).toBe(403)
    expect(errorIn(answer)).toEqual({
      code: 'DENIED',
      message: `User: arn:aws:iam::444455556666:user/visitor is not authorized to perform: ecr:InitiateLayerUpload on resource: ${appArn} because no resource-based policy allows the ecr:InitiateLayerUpload action`,
    })
    expect(await pullAs('visitor', foreign)).toEqual([403, 403])
  })

  it('A registry policy that names another account lets the users of that account pull', async () => {
    await setRegistryPolicy(granting(foreign, pulling, `arn:aws:ecr:us-east-1:123456789012:repository/*`))

    expect(await pullAs('visitor', foreign)).toEqual([200, 200])
    expect((await askAs('visitor', foreign, 'GET', '/v2/_catalog')).status).toBe(403)
  })

  it('A repository policy lets a user of another account pull and push there and nowhere else', async () => {
    const actions = [...pulling, ...pushing.map((action) => `ecr:${action}`)]
    await setRepositoryPolicy(granting(userOf('visitor', foreign).arn, actions))
    const { image, blobs } = makeImage({ seed: 'from another account' })
    for (const body of blobs) {
      const pushed = await askAs('visitor', foreign, 'POST', `/v2/app/blobs/uploads/?digest=${digestOf(body)}`, {
        body,
      })
      expect(pushed.status).toBe(201)
    }
    const headers = { 'content-type': image.mediaType }
    const put = await askAs('visitor', foreign, 'PUT', '/v2/app/manifests/theirs', { headers, body: image.bytes })

    expect(put.status).toBe(201)
    expect(await pullAs('visitor', foreign)).toEqual([200, 200])
    expect(await pullAs('visitor', foreign, 'other')).toEqual([403, 403])
  })

  it('A user of another account also needs an identity-based policy of that account', async () => {
    await setRepositoryPolicy(granting(foreign, pulling))
    const answer = await askAs('mute', foreign, 'GET', '/v2/app/manifests/latest')

    expect(answer.status).toBe(403)
    expect(errorIn(answer).message).toBe(
      `User: arn:aws:iam::444455556666:user/mute is not authorized to perform: ecr:BatchGetImage on resource: ${appArn} because no identity-based policy allows the ecr:BatchGetImage action`,
    )
  })

  it('A layer is mounted only for a caller that may read the source repository', async () => {
    const bytes = seededBytes(50, 'mounted across policies')
    await running.pushBlob('other', bytes)
    await setRepositoryPolicy(
      granting(
        userOf('bare').arn,
        pushing.map((action) => `ecr:${action}`),
      ),
    )
    const mount = () =>
      askAs('bare', registry.account, 'POST', `/v2/app/blobs/uploads/?mount=${digestOf(bytes)}&from=other`)

    expect((await mount()).status).toBe(202)
    await setRegistryPolicy(
      granting(
        userOf('bare').arn,
        ['ecr:GetDownloadUrlForLayer'],
        'arn:aws:ecr:us-east-1:123456789012:repository/other',
      ),
    )
    expect((await mount()).status).toBe(201)
  })
})

describe('a repository shared with an organization', () => {
  it.each([
    ['a member may pull, and finds that the image is missing', [registry.account, foreign], 404],
    ['an account outside it may not pull', [registry.account], 403],
  ])('From a repository that is open to the organization %s', async (_, members, status) => {
    const accounts: Accounts = { [foreign]: { users: { visitor: { policies: [allowing('ecr:*')] } } } }
    const places = Object.fromEntries(members.map((member) => [member, 'r-ab12']))
    const identities = identitiesIn(accounts, 'strict', { id: 'o-a1b2c3d4e5', accounts: places })
    const [store, decisions] = [storeOf(memoryKeyValue()), decisionLog()]
    const authorize = authorizer({ store, identities, decisions })
    await using running = await startRegistry({ store, identities, decisions, authorize })
    await running.createRepository('app')
    const statement = {
      Effect: 'Allow',
      Principal: '*',
      Action: pulling,
      Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-a1b2c3d4e5' } },
    }
    const text = JSON.stringify({ Version: '2012-10-17', Statement: [statement] })
    await store.repositoryPolicies.put(registry, 'app', { text })
    const authorization = running.tokenOf(userOf('visitor', foreign), { account: foreign })
    const answer = await running.send('GET', '/v2/app/manifests/latest', { headers: { host, authorization } })
    expect(answer.status).toBe(status)
  })
})
