import {
  CreateRepositoryCommand,
  DescribeRepositoriesCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { account, region, startEmulator } from '../support/emulator.js'

const names = Array.from({ length: 4_000 }, (_, n) => `team/${n}`)
const arnOf = (name: string) => `arn:aws:ecr:${region}:${account}:repository/${name}`
const resourceArn = arnOf('team/app')

/** An emulator whose user may do everything that no statement denies, with a function that describes a refusal. */
async function emulatorDenying(...denials: object[]) {
  const Statement = [{ Effect: 'Allow', Action: 'ecr:*', Resource: '*' }, ...denials]
  const dev = { accessKeys: { AKIDDEV: 'secret' }, policies: [{ Version: '2012-10-17', Statement }] }
  const emulator = await startEmulator({ accounts: { [account]: { users: { dev } } } })
  const ecr = emulator.as('AKIDDEV')
  await ecr.send(new CreateRepositoryCommand({ repositoryName: 'team/app' }))

  /** The exception, the number of decisions made before it, and the values that policies could read. */
  const refusalOf = async (sent: Promise<unknown>) => {
    const { name, $metadata } = await sent.then(notRefused, (error: Refused) => error)
    const { decisions, leftOut = 0 } = emulator.deps.decisions.find($metadata.requestId)!
    return { name, decisions: decisions.length + leftOut, values: decisions[0]!.question.conditions }
  }
  return { ...emulator, ecr, refusalOf }
}

interface Refused {
  readonly name: string
  readonly $metadata: { readonly requestId: string }
}

function notRefused(): never {
  throw new Error('it was not refused')
}

describe('call about more repositories than the model allows', () => {
  it('A call about too many repositories is decided for as many as the model allows, then refused', async () => {
    await using emulator = await emulatorDenying()
    const describing = (repositoryNames: string[]) =>
      emulator.refusalOf(emulator.ecr.send(new DescribeRepositoriesCommand({ repositoryNames })))
    expect(await describing(names.slice(0, 100))).toMatchObject({ name: 'RepositoryNotFoundException', decisions: 100 })
    expect(await describing(names)).toMatchObject({ name: 'InvalidParameterException', decisions: 100 })
  })

  it('The last repository that the model allows in a call is checked for permission', async () => {
    await using emulator = await emulatorDenying({ Effect: 'Deny', Action: 'ecr:*', Resource: arnOf('team/99') })
    const { name } = await emulator.refusalOf(
      emulator.ecr.send(new DescribeRepositoriesCommand({ repositoryNames: names.slice(0, 100) })),
    )
    expect(name).toBe('AccessDeniedException')
  })
})

describe('call about more tags than a repository may have', () => {
  const looked = names.slice(0, 51)
  /** Denies nothing, but makes the emulator compute the values that a policy reads. */
  const aboutTags = {
    ...{ Effect: 'Deny', Action: 'ecr:*', Resource: '*' },
    Condition: { StringEquals: { 'aws:RequestTag/never': 'there' } },
  }

  it('A call with too many tags is decided with one tag more than allowed, then refused', async () => {
    await using emulator = await emulatorDenying(aboutTags)
    const tags = names.map((Key) => ({ Key, Value: 'v' }))
    const tagged = await emulator.refusalOf(emulator.ecr.send(new TagResourceCommand({ resourceArn, tags })))
    expect(tagged).toMatchObject({ name: 'TooManyTagsException', values: { 'aws:tagkeys': looked } })
    expect(Object.keys(tagged.values).filter((key) => key.startsWith('aws:requesttag/'))).toHaveLength(51)
    const untagged = await emulator.refusalOf(
      emulator.ecr.send(new UntagResourceCommand({ resourceArn, tagKeys: names })),
    )
    expect(untagged).toMatchObject({ name: 'TooManyTagsException', values: { 'aws:tagkeys': looked } })
  })

  it('A call with as many tags as allowed is decided with all of them', async () => {
    const Condition = { 'ForAnyValue:StringEquals': { 'aws:TagKeys': names[49] } }
    await using emulator = await emulatorDenying({ Effect: 'Deny', Action: 'ecr:*tag*', Resource: '*', Condition })
    const tagKeys = names.slice(0, 50)
    const { name } = await emulator.refusalOf(emulator.ecr.send(new UntagResourceCommand({ resourceArn, tagKeys })))
    expect(name).toBe('AccessDeniedException')
  })

  it('A tag that is too long is read as empty by policies, and the call is refused', async () => {
    await using emulator = await emulatorDenying(aboutTags)
    const tags = [{ Key: 'k'.repeat(129), Value: 'v'.repeat(257) }]
    const { name, values } = await emulator.refusalOf(emulator.ecr.send(new TagResourceCommand({ resourceArn, tags })))
    expect(name).toBe('InvalidTagParameterException')
    expect(values).toMatchObject({ 'aws:tagkeys': [''], 'aws:requesttag/': '' })
  })
})
