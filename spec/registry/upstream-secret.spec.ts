import { expect, it } from 'vitest'
import { secretOf } from '../../src/registry/cache-rules/upstream-secret.js'

const registry = { account: '111122223333', region: 'us-east-1' }
const everySecret = { get: async () => ({ username: 'u', accessToken: 't' }) }
const arn = (region: string, account: string) =>
  `arn:aws:secretsmanager:${region}:${account}:secret:ecr-pullthroughcache/hub`

it('A secret is available to upstream rules of its own account and Region', async () => {
  expect(await secretOf(arn('us-east-1', '111122223333'), registry, everySecret)).toEqual({
    username: 'u',
    accessToken: 't',
  })
})

it.each([arn('us-east-1', '444455556666'), arn('eu-west-1', '111122223333'), 'arn:aws', ''])(
  'A secret is not available to a rule of another account or Region: %s',
  async (foreign) => {
    expect(await secretOf(foreign, registry, everySecret)).toBeUndefined()
  },
)
