import { DescribePullThroughCacheRulesCommand, UpdatePullThroughCacheRuleCommand } from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { accountsPassingRoles } from '../../support/access.js'
import { account, now, startEmulator } from '../../support/emulator.js'
import { createRule, knownSecrets, otherSecretArn, secretArn } from '../../support/rules.js'

const hub = { ecrRepositoryPrefix: 'hub', upstreamRegistryUrl: 'registry-1.docker.io', credentialArn: secretArn }
const update = (rest: Partial<UpdatePullThroughCacheRuleCommand['input']>) =>
  new UpdatePullThroughCacheRuleCommand({ ecrRepositoryPrefix: 'hub', ...rest })

describe('UpdatePullThroughCacheRule', () => {
  it('UpdatePullThroughCacheRule changes the secret and the role and returns the time of the change', async () => {
    await using emulator = await startEmulator({ secrets: knownSecrets, accounts: accountsPassingRoles })
    await emulator.ecr.send(createRule(hub))
    const later = await emulator.deps.clock.advance(60)
    const changes = { credentialArn: otherSecretArn, customRoleArn: `arn:aws:iam::${account}:role/cache` }

    const { $metadata, ...answer } = await emulator.ecr.send(update({ ...changes, ecrRepositoryPrefix: 'hub/' }))

    expect($metadata.httpStatusCode).toBe(200)
    expect(answer).toEqual({
      ecrRepositoryPrefix: 'hub',
      registryId: account,
      updatedAt: later,
      ...changes,
    })
    const { pullThroughCacheRules } = await emulator.ecr.send(new DescribePullThroughCacheRulesCommand({}))
    expect(pullThroughCacheRules).toMatchObject([{ ...changes, createdAt: now, updatedAt: later }])
  })

  it('UpdatePullThroughCacheRule accepts a role only from a caller who may pass it to the service', async () => {
    await using emulator = await startEmulator({ secrets: knownSecrets })
    await emulator.ecr.send(createRule(hub))
    const customRoleArn = `arn:aws:iam::${account}:role/cache`
    await expect(emulator.ecr.send(update({ customRoleArn }))).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: `User: arn:aws:iam::${account}:user/developer is not authorized to perform: iam:PassRole on resource: ${customRoleArn} because no identity-based policy allows the iam:PassRole action`,
    })
  })

  it('UpdatePullThroughCacheRule refuses a call without changes and keeps the time of the last change', async () => {
    await using emulator = await startEmulator({ secrets: knownSecrets })
    await emulator.ecr.send(createRule(hub))
    await emulator.deps.clock.advance(60)
    for (const ecrRepositoryPrefix of ['hub', 'gone']) {
      await expect(emulator.ecr.send(update({ ecrRepositoryPrefix }))).rejects.toMatchObject({
        name: 'InvalidParameterException',
        message: 'Invalid input: Please set either credential arn or role arn to update the credentials',
      })
    }
    const { pullThroughCacheRules } = await emulator.ecr.send(new DescribePullThroughCacheRulesCommand({}))
    expect(pullThroughCacheRules?.[0]?.updatedAt).toEqual(now)
  })

  it('UpdatePullThroughCacheRule keeps the members that the call does not name', async () => {
    await using emulator = await startEmulator({ secrets: knownSecrets, accounts: accountsPassingRoles })
    await emulator.ecr.send(createRule(hub))
    const answer = await emulator.ecr.send(update({ customRoleArn: 'role' }))
    expect(answer).toMatchObject({ credentialArn: secretArn, customRoleArn: 'role' })
  })

  it('UpdatePullThroughCacheRule refuses a secret that does not exist and keeps the old one', async () => {
    await using emulator = await startEmulator({ secrets: knownSecrets })
    await emulator.ecr.send(createRule(hub))
    const credentialArn = secretArn.replace('hub', 'gone')
    await expect(emulator.ecr.send(update({ credentialArn }))).rejects.toMatchObject({
      name: 'SecretNotFoundException',
      message:
        'The ARN of the secret specified in the pull through cache rule was not found. Update the pull through cache rule with a valid secret ARN and try again.',
    })
    const { pullThroughCacheRules } = await emulator.ecr.send(new DescribePullThroughCacheRulesCommand({}))
    expect(pullThroughCacheRules?.[0]?.credentialArn).toBe(secretArn)
  })

  it('UpdatePullThroughCacheRule refuses a rule that does not exist', async () => {
    await using emulator = await startEmulator({ secrets: knownSecrets })
    await expect(emulator.ecr.send(update({ credentialArn: secretArn }))).rejects.toMatchObject({
      name: 'PullThroughCacheRuleNotFoundException',
      message: 'The pull through cache rule was not found. Specify a valid pull through cache rule and try again.',
    })
  })

  it('UpdatePullThroughCacheRule refuses the ARN of a secret that does not belong to the cache', async () => {
    await using emulator = await startEmulator()
    const credentialArn = `arn:aws:secretsmanager:us-east-1:${account}:secret:something-else-AbCdEf`
    await expect(emulator.ecr.send(update({ credentialArn }))).rejects.toMatchObject({
      name: 'InvalidParameterException',
    })
  })
})
