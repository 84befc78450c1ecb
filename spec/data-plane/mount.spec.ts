import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { keyOf } from '../../src/registry/ports/store.js'
import { errorIn, registry, type RunningRegistry, startRegistry } from '../support/registry.js'
import { digestOf, seededBytes } from '../support/upstream-content.js'

describe('POST /v2/<name>/blobs/uploads/?mount=<digest>&from=<repository>', () => {
  const bytes = seededBytes(1000, 'mounted')
  const digest = digestOf(bytes)
  let running: RunningRegistry
  beforeAll(async () => {
    const everything = { Effect: 'Allow', Action: 'ecr:*', Resource: '*' }
    const butSecret = { Effect: 'Deny', Action: 'ecr:*', Resource: 'arn:aws:ecr:*:*:repository/secret' }
    const policies = [{ Version: '2012-10-17', Statement: [everything, butSecret] }]
    running = await startRegistry({ accounts: { [registry.account]: { users: { developer: { policies } } } } })
    for (const name of ['team/base', 'app', 'secret', 'cached']) await running.createRepository(name)
    const encryption = { encryptionType: 'KMS', kmsKey: 'arn:aws:kms:us-east-1:123456789012:key/1' } as const
    await running.createRepository('encrypted', { encryption })
    await running.pushBlob('team/base', bytes)
    await running.pushBlob('encrypted', bytes)
    await running.deps.store.layers.insert(registry, keyOf('secret', digest), {
      ...{ repository: 'secret', digest, size: bytes.length },
    })
  })
  afterAll(() => running[Symbol.asyncDispose]())

  const mount = (query: string, name = 'app') => running.send('POST', `/v2/${name}/blobs/uploads/?${query}`)

  it('A mount that is not possible opens an upload instead', async () => {
    const coming = digestOf(Buffer.from('on its way'))
    const layer = { repository: 'cached', digest: coming, size: 10, pulledThrough: true }
    await running.deps.store.layers.insert(registry, keyOf('cached', coming), layer)
    const queries = {
      'no source': `mount=${digest}`,
      'no such repository': `mount=${digest}&from=nowhere`,
      'no possible repository': `mount=${digest}&from=${'x'.repeat(5000)}`,
      'no such layer': `mount=${digestOf(Buffer.from('none'))}&from=team/base`,
      'still on its way through the cache': `mount=${coming}&from=cached`,
      'another encryption': `mount=${digest}&from=encrypted`,
      'no permission to read the source': `mount=${digest}&from=secret`,
    }
    for (const [why, query] of Object.entries(queries)) {
      const { status, headers } = await mount(query)

      expect(status, why).toBe(202)
      expect(headers.location, why).toMatch(/^\/v2\/app\/blobs\/uploads\/[0-9a-f-]{36}$/)
      expect(headers.range, why).toBe('0-0')
    }
    expect((await running.send('HEAD', `/v2/app/blobs/${digest}`)).status).toBe(404)
  })

  it.each(['team/base', 'team%2Fbase'])('A mounted layer can be pulled from the target: from=%s', async (from) => {
    const { status, headers, body } = await mount(`mount=${digest}&from=${from}`)

    expect(status).toBe(201)
    expect(headers.location).toBe(`/v2/app/blobs/${digest}`)
    expect(headers['docker-content-digest']).toBe(digest)
    expect(body.length).toBe(0)
    expect((await running.send('GET', `/v2/app/blobs/${digest}`)).body.equals(bytes)).toBe(true)
  })

  it('A mount opens an upload where BLOB_MOUNTING is disabled for the registry', async () => {
    await using own = await startRegistry()
    for (const name of ['base', 'app']) await own.createRepository(name)
    await own.pushBlob('base', bytes)
    await own.deps.store.accountSettings.put(registry, 'BLOB_MOUNTING', 'DISABLED')
    const ask = () => own.send('POST', `/v2/app/blobs/uploads/?mount=${digest}&from=base`)

    expect((await ask()).status).toBe(202)
    await own.deps.store.accountSettings.put(registry, 'BLOB_MOUNTING', 'ENABLED')
    expect((await ask()).status).toBe(201)
  })

  it('A mount with a malformed digest is answered with 400 DIGEST_INVALID', async () => {
    const answer = await mount('mount=sha256:x&from=team/base')

    expect(answer.status).toBe(400)
    expect(errorIn(answer).code).toBe('DIGEST_INVALID')
  })
})
