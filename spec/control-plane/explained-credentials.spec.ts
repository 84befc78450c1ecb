import { ListImagesCommand, SetRepositoryPolicyCommand } from '@aws-sdk/client-ecr'
import { describe, expect, it, vi } from 'vitest'
import { account } from '../support/emulator.js'
import { app, accounts, put, listed, emulatorWithApp, requestIdOf, explained, refusals } from '../support/explained.js'
import { silent } from '../support/silent-log.js'

describe('what an explanation gives to paste', () => {
  const other = '999999999999'
  const statement = (Action: string) => ({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action, Resource: '*' }],
  })
  const stranger = { accessKeys: { AKIDSTRANGER: 'secret' }, policies: [statement('ecr:*')] }

  it('allows what was refused once it is in place: of an identity', async () => {
    const told = await emulatorWithApp()
    const { decisions } = await explained(told, told.as('AKIDREADER').send(put))
    await told[Symbol.asyncDispose]()
    const added = { Version: '2012-10-17', Statement: decisions[0]!.statementsToAdd.map((add) => add.statement) }
    const users = { reader: { accessKeys: { AKIDREADER: 'secret' }, policies: [added] } }
    await using emulator = await emulatorWithApp({ accounts: { [account]: { users } } })
    await expect(emulator.as('AKIDREADER').send(put)).rejects.toMatchObject({ name: 'InvalidParameterException' })
  })

  it('allows what was refused once it is in place: of the repository, to another account', async () => {
    await using emulator = await emulatorWithApp({ accounts: { ...accounts, [other]: { users: { stranger } } } })
    const command = new ListImagesCommand({ repositoryName: 'team/app', registryId: account })
    const { decisions } = await explained(emulator, emulator.as('AKIDSTRANGER').send(command))
    const [added, ...more] = decisions[0]!.statementsToAdd
    expect({ to: added?.to, more }).toEqual({ to: `the repository policy of ${app}`, more: [] })
    const policyText = JSON.stringify({ Version: '2012-10-17', Statement: [added?.statement] })
    await emulator.as('AKIDADMIN').send(new SetRepositoryPolicyCommand({ repositoryName: 'team/app', policyText }))
    expect((await emulator.as('AKIDSTRANGER').send(command)).imageIds).toEqual([])
  })

  it('comes with what is hardly meant: an action that ECR does not have', async () => {
    const typo = { accessKeys: { AKIDTYPO: 'secret' }, policies: [statement('ecr:ListImage')] }
    await using emulator = await emulatorWithApp({ accounts: { [account]: { users: { typo } } } })
    const { decisions } = await explained(emulator, emulator.as('AKIDTYPO').send(listed))
    expect(decisions[0]?.warnings).toEqual([
      'Amazon ECR has no action ecr:ListImage; the nearest is ecr:ListImages (inline policy 1 of user typo)',
    ])
  })
})

describe('credentials that are refused', () => {
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

  it('are explained where no user has the key, and said in the log once; the client gets the words of AWS', async () => {
    const refused = await refusedAs('mock', 'mock')
    expect(refused).toMatchObject({
      code: 'UnrecognizedClientException',
      message: 'The security token included in the request is invalid.',
    })
    expect(refused?.hint).toMatch(/^No user has access key id mock; there are AKID\w+, /)
  })

  it('are explained where the secret is another one, without a secret', async () => {
    const { hint } = (await refusedAs('AKIDREADER', 'another secret'))!
    expect(hint).toMatch(/^The call is signed with another secret access key than that of AKIDREADER, .*user\/reader/)
    expect(hint).not.toContain('another secret,')
  })

  it('are not repeated where they may be a secret in the place of an id', async () => {
    const { hint } = (await refusedAs('wJalrXUtnFEMI+K7MDENG+bPxRfiCYEXAMPLEKEY', 'x'))!
    expect(hint).toMatch(/^No user has access key id of 40 characters; /)
  })

  it('are explained where temporary ones are another installation’s', async () => {
    const { hint } = (await refusedAs(`ASIA${'A'.repeat(16)}`, 'x'))!
    expect(hint).toContain('are not this installation')
  })
})
