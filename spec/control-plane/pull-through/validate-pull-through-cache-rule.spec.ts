import { ValidatePullThroughCacheRuleCommand } from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import {
  type Upstream,
  type UpstreamCredentials,
  UpstreamFailure,
  type Upstreams,
} from '../../../src/registry/ports/upstream.js'
import { ruleUpstreams } from '../../../src/registry/cache-rules/rule-upstreams.js'
import type { Secrets } from '../../../src/registry/ports/secrets.js'
import { noEcr } from '../../support/cache.js'
import { account, settings, startEmulator } from '../../support/emulator.js'
import { createRule, knownSecrets, secretArn } from '../../support/rules.js'

const validate = (ecrRepositoryPrefix: string) => new ValidatePullThroughCacheRuleCommand({ ecrRepositoryPrefix })

interface Asked {
  host: string
  credentials: UpstreamCredentials | undefined
}

/** Upstreams that answer a ping as given and refuse everything else; they record what was pinged. */
function upstreamsAnswering(ping: Upstream['ping'], asked: Asked[] = [], secrets = noSecrets) {
  const nothing = () => Promise.reject(new UpstreamFailure('unavailable', 'nothing but a ping is expected'))
  const upstreams: Upstreams = {
    of: (host, _account, credentials) => ({
      ping: () => {
        asked.push({ host, credentials })
        return ping()
      },
      resolve: nothing,
      manifest: nothing,
      blob: nothing,
      hasBlob: nothing,
      referrers: nothing,
    }),
    close: async () => {},
  }
  return { secrets, ruleUpstreams: ruleUpstreams({ secrets, upstreams, ecr: noEcr }) }
}
const noSecrets: Secrets = { get: async () => undefined }

describe('ValidatePullThroughCacheRule', () => {
  it('ValidatePullThroughCacheRule reports a rule as valid when its upstream answers', async () => {
    const asked: Asked[] = []
    await using emulator = await startEmulator(upstreamsAnswering(async () => {}, asked))
    await emulator.ecr.send(createRule())

    const { $metadata, ...answer } = await emulator.ecr.send(validate('ecr-public/'))

    expect($metadata.httpStatusCode).toBe(200)
    expect(answer).toEqual({
      ecrRepositoryPrefix: 'ecr-public',
      registryId: account,
      upstreamRegistryUrl: 'public.ecr.aws',
      isValid: true,
    })
    expect(asked).toEqual([{ host: 'public.ecr.aws', credentials: undefined }])
  })

  it('ValidatePullThroughCacheRule logs in to the upstream with the secret of the rule', async () => {
    const asked: Asked[] = []
    await using emulator = await startEmulator(upstreamsAnswering(async () => {}, asked, knownSecrets))
    await emulator.ecr.send(createRule({ upstreamRegistryUrl: 'ghcr.io', credentialArn: secretArn }))

    await emulator.ecr.send(validate('ecr-public'))

    expect(asked).toEqual([{ host: 'ghcr.io', credentials: await knownSecrets.get(secretArn) }])
  })

  it.each([
    [
      ...(['access-denied', 'public.ecr.aws refused the login'] as const),
      'The authentication to the upstream registry failed. Verify that the credentials provided in the pull through cache rule are correct, and try again.',
    ],
    ['unavailable', 'public.ecr.aws does not answer', 'public.ecr.aws does not answer'],
  ] as const)('ValidatePullThroughCacheRule reports an upstream failure: %s', async (kind, said, failure) => {
    const refuse = () => Promise.reject(new UpstreamFailure(kind, said))
    await using emulator = await startEmulator(upstreamsAnswering(refuse))
    await emulator.ecr.send(createRule())
    const answer = await emulator.ecr.send(validate('ecr-public'))
    expect(answer).toMatchObject({ isValid: false, failure })
  })

  it('ValidatePullThroughCacheRule reports a deleted secret and does not contact the upstream', async () => {
    let exists = true
    const asked: Asked[] = []
    const secrets: Secrets = { get: async () => (exists ? { username: 'u', accessToken: 't' } : undefined) }
    await using emulator = await startEmulator(upstreamsAnswering(async () => {}, asked, secrets))
    await emulator.ecr.send(createRule({ upstreamRegistryUrl: 'ghcr.io', credentialArn: secretArn }))
    exists = false

    const answer = await emulator.ecr.send(validate('ecr-public'))

    expect(answer).toMatchObject({
      isValid: false,
      credentialArn: secretArn,
      failure:
        'The ARN of the secret specified in the pull through cache rule was not found. Update the pull through cache rule with a valid secret ARN and try again.',
    })
    expect(asked).toEqual([])
  })

  it('ValidatePullThroughCacheRule reports that egress is not allowed and does not contact the upstream', async () => {
    const asked: Asked[] = []
    const upstreams = upstreamsAnswering(async () => {}, asked)
    await using emulator = await startEmulator({ ...upstreams, settings: { ...settings, egress: 'none' } })
    await emulator.ecr.send(createRule())
    const { isValid, failure } = await emulator.ecr.send(validate('ecr-public'))
    expect(isValid).toBe(false)
    expect(failure).toContain('network.egress')
    expect(asked).toEqual([])
  })

  it('ValidatePullThroughCacheRule refuses a rule that does not exist', async () => {
    await using emulator = await startEmulator()
    await expect(emulator.ecr.send(validate('ecr-public'))).rejects.toMatchObject({
      name: 'PullThroughCacheRuleNotFoundException',
      message: 'The pull through cache rule was not found. Specify a valid pull through cache rule and try again.',
    })
  })

  it('ValidatePullThroughCacheRule refuses a prefix that the model does not allow', async () => {
    await using emulator = await startEmulator()
    await expect(emulator.ecr.send(validate('No'))).rejects.toMatchObject({ name: 'InvalidParameterException' })
  })
})
