import { GetCallerIdentityCommand, GetSessionTokenCommand, STSClient } from '@aws-sdk/client-sts'
import { describe, expect, it } from 'vitest'
import { defaultAccount, credentialsIn } from '../../src/access/credentials.js'
import { account, startEmulator } from '../support/emulator.js'

const stsOf = (endpoint: string, secretAccessKey = 'secret', accessKeyId = 'AKIDEXAMPLE') =>
  new STSClient({ endpoint, region: 'us-east-1', credentials: { accessKeyId, secretAccessKey }, maxAttempts: 1 })

describe('STS GetCallerIdentity', () => {
  it('answers who the access key belongs to', async () => {
    await using emulator = await startEmulator()
    const identity = await stsOf(emulator.endpoint).send(new GetCallerIdentityCommand({}))
    expect(identity).toMatchObject({ Account: account, Arn: `arn:aws:iam::${account}:user/developer` })
    expect(identity.UserId).toMatch(/^AIDA[A-Z2-7]{17}$/)
  })

  it('answers the default account its root', async () => {
    await using emulator = await startEmulator({ credentialsOf: credentialsIn(undefined) })
    const { accessKeyId, secretAccessKey } = defaultAccount
    const identity = await stsOf(emulator.endpoint, secretAccessKey, accessKeyId).send(new GetCallerIdentityCommand({}))
    expect(identity).toMatchObject({
      Account: '000000000000',
      Arn: 'arn:aws:iam::000000000000:root',
      UserId: '000000000000',
    })
  })

  it('refuses a wrong signature', async () => {
    await using emulator = await startEmulator()
    await expect(stsOf(emulator.endpoint, 'wrong').send(new GetCallerIdentityCommand({}))).rejects.toMatchObject({
      name: 'InvalidSignature',
    })
  })

  it('refuses the other actions of STS by name', async () => {
    await using emulator = await startEmulator()
    await expect(stsOf(emulator.endpoint).send(new GetSessionTokenCommand({}))).rejects.toMatchObject({
      name: 'InvalidAction',
      message: 'Could not find operation GetSessionToken for version 2011-06-15',
    })
  })
})
