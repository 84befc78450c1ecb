import { ListImagesCommand, SetRepositoryPolicyCommand } from '@aws-sdk/client-ecr'
import { ListSecretsCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { describe, expect, it, vi } from 'vitest'
import { account } from '../support/emulator.js'
import { app, accounts, put, listed, emulatorWithApp, requestIdOf, explained, refusals } from '../support/explained.js'
import { silent } from '../support/silent-log.js'

describe('statements suggested by an explanation', () => {
  const other = '999999999999'
  const statement = (Action: string) => ({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action, Resource: '*' }],
  })
  const stranger = { accessKeys: { AKIDSTRANGER: 'secret' }, policies: [statement('ecr:*')] }

  it('The suggested statement for an identity allows the refused request', async () => {
    const told = await emulatorWithApp()
    const { decisions } = await explained(told, told.as('AKIDREADER').send(put))
    await told[Symbol.asyncDispose]()
    const added = { Version: '2012-10-17', Statement: decisions[0]!.statementsToAdd.map((add) => add.statement) }
    const users = { reader: { accessKeys: { AKIDREADER: 'secret' }, policies: [added] } }
    await using emulator = await emulatorWithApp({ accounts: { [account]: { users } } })
    await expect(emulator.as('AKIDREADER').send(put)).rejects.toMatchObject({ name: 'InvalidParameterException' })
  })

  it('The suggested statement for a repository policy allows the refused request of another account', async () => {
    await using emulator = await emulatorWithApp({ accounts: { ...accounts, [other]: { users: { stranger } } } })
    const command = new ListImagesCommand({ repositoryName: 'team/app', registryId: account })
    const { decisions } = await explained(emulator, emulator.as('AKIDSTRANGER').send(command))
    const [added, ...more] = decisions[0]!.statementsToAdd
    expect({ to: added?.to, more }).toEqual({ to: `the repository policy of ${app}`, more: [] })
    const policyText = JSON.stringify({ Version: '2012-10-17', Statement: [added?.statement] })
    await emulator.as('AKIDADMIN').send(new SetRepositoryPolicyCommand({ repositoryName: 'team/app', policyText }))
    expect((await emulator.as('AKIDSTRANGER').send(command)).imageIds).toEqual([])
  })

  it('An explanation warns about an action in a policy that ECR does not have', async () => {
    const typo = { accessKeys: { AKIDTYPO: 'secret' }, policies: [statement('ecr:ListImage')] }
    await using emulator = await emulatorWithApp({ accounts: { [account]: { users: { typo } } } })
    const { decisions } = await explained(emulator, emulator.as('AKIDTYPO').send(listed))
    expect(decisions[0]?.warnings).toEqual([
      'Amazon ECR has no action ecr:ListImage; the nearest is ecr:ListImages (inline policy 1 of user typo)',
    ])
  })
})

describe('refused credentials', () => {
  const refusedAs = async (key: string, secret: string) => {
    const log = vi.fn()
    await using emulator = await emulatorWithApp({
      log: { ...silent, warn: (_: object, text: string) => void log(text) },
    })
    const client = emulator.clientWith({ accessKeyId: key, secretAccessKey: secret })
    const ids = [await requestIdOf(client.send(listed)), await requestIdOf(client.send(listed))]
    const [latest] = (await refusals(emulator)).refused
    expect(latest?.requestId).toBe(ids[1])
    expect(log.mock.calls).toEqual([[latest?.hint]])
    return latest
  }

  it('An unknown access key is explained and logged once, and its client gets the message of AWS', async () => {
    const refused = await refusedAs('mock', 'mock')
    expect(refused).toMatchObject({
      code: 'UnrecognizedClientException',
      message: 'The security token included in the request is invalid.',
    })
    expect(refused?.hint).toMatch(/^No user has access key id mock; there are AKID\w+, /)
  })

  it('A wrong secret access key is explained without revealing a secret', async () => {
    const { hint } = (await refusedAs('AKIDREADER', 'another secret'))!
    expect(hint).toMatch(/^The call is signed with a secret access key other than that of AKIDREADER, .*user\/reader/)
    expect(hint).not.toContain('another secret,')
  })

  it('The explanation of an unknown access key id does not repeat what may be a secret', async () => {
    const { hint } = (await refusedAs('wJalrXUtnFEMI+K7MDENG+bPxRfiCYEXAMPLEKEY', 'x'))!
    expect(hint).toMatch(/^No user has access key id of 40 characters; /)
  })

  it('Temporary credentials of another installation are explained as such', async () => {
    const { hint } = (await refusedAs(`ASIA${'A'.repeat(16)}`, 'x'))!
    expect(hint).toContain('are not from this installation')
  })
})

it('A call of another service gets no message, as from AWS, and its explanation names the variable for ECR alone', async () => {
  await using emulator = await emulatorWithApp()
  const { endpoint } = emulator
  const credentials = { accessKeyId: 'AKIDADMIN', secretAccessKey: 'secret' }
  const secrets = new SecretsManagerClient({ endpoint, region: 'us-east-1', credentials, maxAttempts: 1 })
  const id = await requestIdOf(secrets.send(new ListSecretsCommand({})))
  const [latest] = (await refusals(emulator)).refused
  expect(latest).toMatchObject({ requestId: id, code: 'UnknownOperationException', message: '' })
  expect(latest?.hint).toMatch(/AWS_ENDPOINT_URL_ECR/)
})
