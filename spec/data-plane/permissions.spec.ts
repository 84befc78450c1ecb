import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { keyOf } from '../../src/registry/ports/store.js'
import {
  allowing,
  type Answer,
  errorIn,
  registry,
  type RequestOptions,
  type RunningRegistry,
  startRegistry,
  userOf,
} from '../support/registry.js'
import { type AddedImage, digestOf, makeImage, seededBytes } from '../support/upstream-content.js'

/** A request of a client and the actions it needs, in the order in which they are authorized. */
interface Step {
  name: string
  needs: string[]
  success: number
  /** The refusal of this request has no body. */
  isHead?: boolean
  request(given: Given): Promise<[method: string, path: string, options?: RequestOptions]>
  resource?: string
}

interface Given {
  running: RunningRegistry
  image: AddedImage
}

const appArn = 'arn:aws:ecr:us-east-1:123456789012:repository/app'
const bytes = seededBytes(100, 'permissions')
const manifest = makeImage({ seed: 'permissions' }).image

async function newUpload({ running }: Given, body?: Buffer): Promise<string> {
  const { headers } = await running.send('POST', '/v2/app/blobs/uploads/')
  if (body) await running.send('PATCH', headers.location ?? '', { body })
  return headers.location ?? ''
}

const steps: Step[] = [
  {
    ...{ name: 'docker login', needs: ['GetAuthorizationToken'], success: 200, resource: '*' },
    request: async () => ['GET', '/v2/'],
  },
  {
    ...{ name: 'a manifest', needs: ['BatchGetImage'], success: 200 },
    request: async () => ['GET', '/v2/app/manifests/latest'],
  },
  {
    ...{ name: 'the head of a manifest', needs: ['BatchGetImage'], success: 200, isHead: true },
    request: async ({ image }) => ['HEAD', `/v2/app/manifests/${image.digest}`],
  },
  {
    ...{ name: 'the referrers of an image', needs: ['BatchGetImage'], success: 200 },
    request: async ({ image }) => ['GET', `/v2/app/referrers/${image.digest}`],
  },
  {
    ...{ name: 'a layer', needs: ['GetDownloadUrlForLayer'], success: 200 },
    request: async ({ image }) => ['GET', `/v2/app/blobs/${image.config}`],
  },
  {
    ...{ name: 'whether a layer is there', needs: ['BatchCheckLayerAvailability'], success: 200, isHead: true },
    request: async ({ image }) => ['HEAD', `/v2/app/blobs/${image.config}`],
  },
  {
    ...{ name: 'to begin an upload', needs: ['InitiateLayerUpload'], success: 202 },
    request: async () => ['POST', '/v2/app/blobs/uploads/'],
  },
  {
    ...{ name: 'how far an upload is', needs: ['InitiateLayerUpload'], success: 204 },
    request: async (given) => ['GET', await newUpload(given)],
  },
  {
    ...{ name: 'to send a chunk', needs: ['UploadLayerPart'], success: 202 },
    request: async (given) => ['PATCH', await newUpload(given), { body: bytes }],
  },
  {
    ...{ name: 'to finish an upload', needs: ['CompleteLayerUpload'], success: 201 },
    request: async (given) => ['PUT', `${await newUpload(given, bytes)}?digest=${digestOf(bytes)}`],
  },
  {
    ...{ name: 'to finish with a last chunk', needs: ['CompleteLayerUpload', 'UploadLayerPart'], success: 201 },
    request: async (given) => ['PUT', `${await newUpload(given)}?digest=${digestOf(bytes)}`, { body: bytes }],
  },
  {
    name: 'to upload a layer in one request',
    needs: ['InitiateLayerUpload', 'UploadLayerPart', 'CompleteLayerUpload'],
    success: 201,
    request: async () => ['POST', `/v2/app/blobs/uploads/?digest=${digestOf(bytes)}`, { body: bytes }],
  },
  {
    ...{ name: 'to cancel an upload', needs: ['InitiateLayerUpload'], success: 204 },
    request: async (given) => ['DELETE', await newUpload(given)],
  },
  {
    ...{ name: 'to push a manifest', needs: ['PutImage'], success: 201 },
    async request({ running }) {
      for (const blob of makeImage({ seed: 'permissions' }).blobs) await running.pushBlob('app', blob)
      const headers = { 'content-type': manifest.mediaType }
      return ['PUT', '/v2/app/manifests/pushed', { headers, body: manifest.bytes }]
    },
  },
  {
    ...{ name: 'the tags', needs: ['ListImages'], success: 200 },
    request: async () => ['GET', '/v2/app/tags/list'],
  },
  {
    ...{ name: 'the catalog', needs: ['DescribeRepositories'], success: 200 },
    resource: 'arn:aws:ecr:us-east-1:123456789012:repository/*',
    request: async () => ['GET', '/v2/_catalog'],
  },
  {
    ...{ name: 'to delete an image', needs: ['BatchDeleteImage'], success: 202 },
    async request({ running }) {
      await running.push('app', { tag: 'doomed', seed: 'doomed' })
      return ['DELETE', '/v2/app/manifests/doomed']
    },
  },
]

const onlyFor = ({ needs }: Step) => `only-${needs.join('-')}`
const users = Object.fromEntries(
  steps.flatMap((step) => [
    [onlyFor(step), { policies: [allowing(step.needs.map((action) => `ecr:${action}`))] }],
    ...step.needs.map((action) => [
      `all-but-${action}`,
      {
        policies: [
          { Version: '2012-10-17', Statement: { Effect: 'Allow', NotAction: `ecr:${action}`, Resource: '*' } },
        ],
      },
    ]),
  ]),
) as Record<string, { policies: object[] }>

const sentenceFor = (user: string, action: string, resource: string) =>
  `User: arn:aws:iam::123456789012:user/${user} is not authorized to perform: ecr:${action} on resource: ${resource} because no identity-based policy allows the ecr:${action} action`

describe('permissions that registry requests need', () => {
  let given: Given
  beforeAll(async () => {
    const developer = { policies: [allowing('ecr:*')] }
    const running = await startRegistry({ accounts: { [registry.account]: { users: { ...users, developer } } } })
    await running.createRepository('app')
    given = { running, image: await running.push('app', { tag: 'latest' }) }
  })
  afterAll(() => given.running[Symbol.asyncDispose]())

  async function askAs(user: string, step: Step): Promise<Answer> {
    const [method, path, options = {}] = await step.request(given)
    const headers = { ...options.headers, authorization: given.running.tokenOf(userOf(user)) }
    return given.running.send(method, path, { ...options, headers })
  }

  it.each(steps)('A caller that is allowed only $needs can make this request: $name', async (step) => {
    const { status, body } = await askAs(onlyFor(step), step)

    expect(status, body.toString()).toBe(step.success)
  })

  const denials = steps.flatMap((step) => step.needs.map((action) => ({ ...step, action, step })))
  it.each(denials)('Without $action this request is DENIED: $name', async ({ action, step, resource = appArn }) => {
    const user = `all-but-${action}`
    const answer = await askAs(user, step)

    const refusal = { code: 'DENIED', message: sentenceFor(user, action, resource) }
    expect(answer.status).toBe(403)
    if (step.isHead) expect(answer.body.length).toBe(0)
    else expect(errorIn(answer)).toEqual(refusal)
    const refused = given.running.deps.decisions.find(String(answer.headers['x-amzn-requestid']))
    expect(refused?.end?.refusal).toEqual(refusal)
  })

  it('A denied upload in one request opens no upload', async () => {
    const before = await given.running.deps.store.uploads.list(registry, { limit: 100 })
    const wholeBlob = steps.find(({ needs }) => needs.length === 3)
    if (!wholeBlob) throw new Error('the step is gone')
    await askAs('all-but-CompleteLayerUpload', wholeBlob)
    await askAs('all-but-UploadLayerPart', wholeBlob)

    expect(await given.running.deps.store.uploads.list(registry, { limit: 100 })).toEqual(before)
  })

  it('A last chunk whose request is denied is not added to the upload', async () => {
    const location = await newUpload(given)
    const answer = await given.running.send('PUT', `${location}?digest=${digestOf(bytes)}`, {
      headers: { authorization: given.running.tokenOf(userOf('all-but-UploadLayerPart')) },
      body: bytes,
    })

    expect(answer.status).toBe(403)
    expect((await given.running.send('GET', location)).headers.range).toBe('0-0')
    expect(await given.running.deps.store.uploads.get(registry, location.split('/').at(-1) ?? '')).toMatchObject({
      size: 0,
    })
  })

  it('A denied PUT or DELETE of a manifest changes nothing', async () => {
    const put = steps.find(({ needs }) => needs[0] === 'PutImage')
    if (!put) throw new Error('the step is gone')
    const { store } = given.running.deps
    await store.tags.remove(registry, keyOf('app', 'pushed'))
    await askAs('all-but-PutImage', put)
    await given.running.send('DELETE', '/v2/app/manifests/latest', {
      headers: { authorization: given.running.tokenOf(userOf('all-but-BatchDeleteImage')) },
    })

    expect(await store.tags.get(registry, keyOf('app', 'pushed'))).toBeUndefined()
    expect(await store.tags.get(registry, keyOf('app', 'latest'))).toBeDefined()
  })
})
