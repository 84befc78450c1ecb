import { request } from 'undici'
import { describe, expect, it } from 'vitest'
import { identitiesIn } from '../../src/access/identities.js'
import type { KnownAccounts } from '../../src/control-plane/admin/admin-answers.js'
import { installation } from '../../src/registry/registry.js'
import { newRepository } from '../../src/registry/repositories/repository.js'
import { now, startEmulator } from '../support/emulator.js'

const trustPolicy = { Version: '2012-10-17', Statement: [] }
const accounts = {
  '111122223333': {
    users: { developer: { accessKeys: { AKIDDEVELOPER: 'a secret key' } }, reader: {} },
    roles: { deploy: { trustPolicy, path: '/ci/' } },
    secrets: { 'ecr-pullthroughcache/hub': { username: 'hub-user', accessToken: 'a secret token' } },
  },
  '999999999999': {},
}

async function ask(endpoint: string) {
  const { statusCode, body } = await request(`${endpoint}/_admin/accounts`)
  expect(statusCode).toBe(200)
  const text = await body.text()
  return { text, answer: JSON.parse(text) as KnownAccounts }
}

describe('GET /_admin/accounts', () => {
  it('It lists configured accounts and those that hold something, with their Regions and principals', async () => {
    await using emulator = await startEmulator({ accounts })
    const { store } = emulator.deps
    const put = (account: string, region: string) =>
      store.repositories.insert({ account, region }, 'team/app', newRepository('team/app', now))
    await put('111122223333', 'us-west-2')
    await put('111122223333', 'eu-west-1')
    await put('000000000001', 'us-east-1')
    await store.settings.put(installation, 'a-setting', 'of no account')
    expect((await ask(emulator.endpoint)).answer).toEqual({
      auth: 'strict',
      accounts: [
        { account: '000000000001', regions: ['us-east-1'], principals: [] },
        {
          account: '111122223333',
          regions: ['eu-west-1', 'us-west-2'],
          principals: [
            'arn:aws:iam::111122223333:user/developer',
            'arn:aws:iam::111122223333:user/reader',
            'arn:aws:iam::111122223333:role/ci/deploy',
          ],
        },
        { account: '999999999999', regions: [], principals: [] },
      ],
    })
  })

  it('It shows no access key and no secret', async () => {
    await using emulator = await startEmulator({ accounts })
    const { text } = await ask(emulator.endpoint)
    for (const secret of ['AKIDDEVELOPER', 'a secret key', 'hub-user', 'a secret token'])
      expect(text).not.toContain(secret)
  })

  it('Without configured accounts it lists the default one, and says whether requests are checked', async () => {
    await using emulator = await startEmulator({ identities: identitiesIn(undefined, 'relaxed'), auth: 'relaxed' })
    expect((await ask(emulator.endpoint)).answer).toEqual({
      auth: 'relaxed',
      accounts: [{ account: '000000000000', regions: [], principals: [] }],
    })
  })
})
