import { STSClient, AssumeRoleWithSAMLCommand, GetFederationTokenCommand } from '@aws-sdk/client-sts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startEmulator } from '../../support/emulator.js'
import { queryCall } from '../../support/query-call.js'

const RoleArn = 'arn:aws:iam::123456789012:role/ci'

describe('operations of STS and IAM that are not built', () => {
  let emulator: Awaited<ReturnType<typeof startEmulator>>
  let sts: STSClient
  beforeAll(async () => {
    emulator = await startEmulator()
    const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' }
    sts = new STSClient({ endpoint: emulator.endpoint, region: 'us-east-1', credentials, maxAttempts: 1 })
  })
  afterAll(() => emulator[Symbol.asyncDispose]())

  const has = 'Of STS it has AssumeRole, AssumeRoleWithWebIdentity, GetCallerIdentity, GetSessionToken.'

  it.each([
    [
      'AssumeRoleWithSAML',
      () =>
        sts.send(
          new AssumeRoleWithSAMLCommand({
            ...{ RoleArn, PrincipalArn: 'arn:aws:iam::123456789012:saml-provider/p', SAMLAssertion: 'PHg+' },
          }),
        ),
    ],
    ['GetFederationToken', () => sts.send(new GetFederationTokenCommand({ Name: 'dev' }))],
  ])('STS refuses %s as an operation that is not built, signed or not', async (name, send) => {
    await expect(send()).rejects.toMatchObject({
      name: 'InvalidAction',
      message: `ecr-local does not have ${name} yet. ${has}`,
    })
  })

  it('IAM refuses ListRoles as an operation that is not built', async () => {
    const members = { Action: 'ListRoles', Version: '2010-05-08' }
    const { status, text } = await queryCall(emulator.endpoint, { service: 'iam', members })
    expect(status).toBe(400)
    expect(text).toContain('<Message>ecr-local does not have ListRoles yet. Of IAM it has GetRole.</Message>')
  })

  it('An unsigned GetCallerIdentity is refused as unsigned', async () => {
    const answer = await fetch(emulator.endpoint, {
      method: 'POST',
      body: new URLSearchParams({ Action: 'GetCallerIdentity', Version: '2011-06-15' }),
    })
    expect(answer.status).toBe(403)
    expect(await answer.text()).toContain('MissingAuthenticationToken')
  })
})
