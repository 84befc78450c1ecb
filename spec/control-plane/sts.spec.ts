import { GetCallerIdentityCommand, GetSessionTokenCommand, STSClient } from '@aws-sdk/client-sts'
import { request } from 'undici'
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

  it('refuses a wrong signature and an unknown key in the words of STS', async () => {
    await using emulator = await startEmulator()
    const refusals = [
      [stsOf(emulator.endpoint, 'wrong'), 'SignatureDoesNotMatch'],
      [stsOf(emulator.endpoint, 'secret', 'AKIDUNKNOWN'), 'InvalidClientTokenId'],
    ] as const
    for (const [sts, name] of refusals) {
      const refused = { name, $metadata: { httpStatusCode: 403 } }
      await expect(sts.send(new GetCallerIdentityCommand({}))).rejects.toMatchObject(refused)
    }
  })

  it.each([
    [{}, 'MissingAuthenticationToken'],
    [{ authorization: 'AWS4-HMAC-SHA256 Credential=a' }, 'IncompleteSignature'],
  ])('refuses a call signed with %j as %s', async (signed, code) => {
    await using emulator = await startEmulator()
    const headers = { 'content-type': 'application/x-www-form-urlencoded', ...signed }
    const answer = await request(emulator.endpoint, { method: 'POST', headers, body: 'Action=GetCallerIdentity' })
    expect(answer.statusCode).toBe(403)
    expect(await answer.body.text()).toContain(`<Code>${code}</Code>`)
  })

  it('refuses the other actions of STS by name', async () => {
    await using emulator = await startEmulator()
    await expect(stsOf(emulator.endpoint).send(new GetSessionTokenCommand({}))).rejects.toMatchObject({
      name: 'InvalidAction',
      $metadata: { httpStatusCode: 400 },
      message: 'Could not find operation GetSessionToken for version 2011-06-15',
    })
  })
})
