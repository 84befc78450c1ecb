import {
  BatchDeleteImageCommand,
  DeleteSigningConfigurationCommand,
  DescribeImageSigningStatusCommand,
  GetSigningConfigurationCommand,
  PutSigningConfigurationCommand,
  type SigningConfiguration,
} from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { imageChangesTask } from '../../../src/background/image-changes.js'
import { imageSignings } from '../../../src/background/image-signings.js'
import { eventLog } from '../../../src/registry/event-log.js'
import { installation } from '../../../src/registry/registry.js'
import { mediaTypes } from '../../../src/registry/images/manifest.js'
import { allowing } from '../../support/registry.js'
import { account, region, startEmulator } from '../../support/emulator.js'
import { createRepository, pushImage, sha256 } from '../../support/push.js'

const profile = (name: string, inRegion = region) => `arn:aws:signer:${inRegion}:${account}:/signing-profiles/${name}`
const rule = (name: string, ...filters: string[]) => ({
  signingProfileArn: profile(name),
  ...(filters.length > 0 && {
    repositoryFilters: filters.map((filter) => ({ filter, filterType: 'WILDCARD_MATCH' as const })),
  }),
})
const put = (signingConfiguration: SigningConfiguration) => new PutSigningConfigurationCommand({ signingConfiguration })
const get = new GetSigningConfigurationCommand({})
const remove = new DeleteSigningConfigurationCommand({})

const notFound = {
  name: 'SigningConfigurationNotFoundException',
  message:
    'The specified signing configuration was not found. This occurs when attempting to retrieve or delete a signing configuration that does not exist.',
}
const notSigned = (name: string) => ({
  signingProfileArn: profile(name),
  status: 'FAILED',
  failureCode: 'SIGNING_NOT_EMULATED',
  failureReason: 'ecr-local does not sign images, because it has no AWS Signer. Sign the image with the Notation CLI.',
})

async function withRepository(repositoryName = 'team-a/app') {
  const emulator = await startEmulator()
  const { ecr, deps } = emulator
  await createRepository(ecr, repositoryName)
  const react = imageSignings({ ...deps, events: eventLog(deps) })
  return {
    ...emulator,
    repositoryName,
    react,
    settled: () => imageChangesTask(deps, [react]).run(new AbortController().signal),
    events: async () => (await deps.store.events.list(installation, { limit: 10 })).items,
    statuses: async (imageDigest: string) => {
      const describe = new DescribeImageSigningStatusCommand({ repositoryName, imageId: { imageDigest } })
      return (await ecr.send(describe)).signingStatuses
    },
    [Symbol.asyncDispose]: () => emulator[Symbol.asyncDispose](),
  }
}

describe('signing configuration', () => {
  it('A configuration is returned as it was put, also by its deletion, and is then gone', async () => {
    await using emulator = await startEmulator()
    const signingConfiguration = { rules: [rule('all'), rule('some', 'team-a/*', 'team-b/prod')] }
    await expect(emulator.ecr.send(get)).rejects.toMatchObject(notFound)
    await expect(emulator.ecr.send(remove)).rejects.toMatchObject(notFound)

    expect(await emulator.ecr.send(put(signingConfiguration))).toMatchObject({ signingConfiguration })
    expect(await emulator.ecr.send(get)).toMatchObject({ registryId: account, signingConfiguration })
    const shorter = { rules: [rule('all')] }
    await emulator.ecr.send(put(shorter))
    expect(await emulator.ecr.send(remove)).toMatchObject({ registryId: account, signingConfiguration: shorter })
    await expect(emulator.ecr.send(get)).rejects.toMatchObject(notFound)
  })

  it('A configuration belongs to one Region', async () => {
    await using emulator = await startEmulator()
    await emulator.ecr.send(put({ rules: [rule('all')] }))
    await expect(emulator.as('AKIDEXAMPLE', 'eu-west-1').send(get)).rejects.toMatchObject(notFound)
  })

  it.each<[string, SigningConfiguration, string]>([
    [
      'more than 10 rules',
      { rules: Array.from({ length: 11 }, (_, index) => rule(`p${index}`)) },
      "Invalid parameter at 'signingConfiguration.rules' failed to satisfy constraint: 'Member must have length less than or equal to 10'",
    ],
    [
      'a profile of another Region',
      { rules: [rule('all'), { signingProfileArn: profile('far', 'eu-west-1') }] },
      `Invalid parameter at 'signingConfiguration' failed to satisfy constraint: 'Signing profile '${profile('far', 'eu-west-1')}' must be in the Region of the registry, us-east-1'`,
    ],
  ])('A configuration with %s is refused', async (_, signingConfiguration, message) => {
    await using emulator = await startEmulator()
    const refused = { name: 'InvalidParameterException', message }
    await expect(emulator.ecr.send(put(signingConfiguration))).rejects.toMatchObject(refused)
    await expect(emulator.ecr.send(get)).rejects.toMatchObject(notFound)
  })

  it.each([
    ['an ARN that is not of a signing profile', { signingProfileArn: 'arn:aws:iam::123456789012:role/x' }],
    ['a filter with capital letters', rule('all', 'Team/*')],
    ['no filters in its list', { ...rule('all'), repositoryFilters: [] }],
  ])('A rule with %s is refused', async (_, refused) => {
    await using emulator = await startEmulator()
    await expect(emulator.ecr.send(put({ rules: [refused] }))).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: expect.stringMatching(/^Invalid parameter at 'signingConfiguration.rules.1.member/),
    })
  })

  it('A profile of another account is accepted', async () => {
    await using emulator = await startEmulator()
    const signingProfileArn = profile('shared').replace(account, '210987654321')
    await expect(emulator.ecr.send(put({ rules: [{ signingProfileArn }] }))).resolves.toBeDefined()
  })

  it('A caller without permission is denied on the resource *', async () => {
    const users = { reader: { accessKeys: { AKIDREADER: 'secret' }, policies: [allowing('ecr:BatchGetImage')] } }
    await using emulator = await startEmulator({ accounts: { [account]: { users } } })
    const denied = (action: string) => ({
      name: 'AccessDeniedException',
      message: `User: arn:aws:iam::${account}:user/reader is not authorized to perform: ecr:${action} on resource: * because no identity-based policy allows the ecr:${action} action`,
    })
    const reader = emulator.as('AKIDREADER')
    await expect(reader.send(put({ rules: [] }))).rejects.toMatchObject(denied('PutSigningConfiguration'))
    await expect(reader.send(get)).rejects.toMatchObject(denied('GetSigningConfiguration'))
    await expect(reader.send(remove)).rejects.toMatchObject(denied('DeleteSigningConfiguration'))
  })
})

describe('DescribeImageSigningStatus', () => {
  it('An image has a status for each profile whose rules matched its push: FAILED, since nothing is signed', async () => {
    await using given = await withRepository()
    const rules = [
      rule('all'),
      rule('team_a', 'team-a/*'),
      rule('team_b', 'team-b/*', '*/prod'),
      rule('again', 'other', '*app'),
    ]
    await given.ecr.send(put({ rules: [...rules, rule('team_a')] }))
    const { digest } = await pushImage(given.ecr, given.repositoryName, { imageTag: 'v1' })
    await given.settled()

    const imageId = { imageTag: 'v1' }
    const { repositoryName } = given
    expect(await given.ecr.send(new DescribeImageSigningStatusCommand({ repositoryName, imageId }))).toMatchObject({
      repositoryName,
      registryId: account,
      imageId: { imageDigest: digest, imageTag: 'v1' },
      signingStatuses: [notSigned('all'), notSigned('team_a'), notSigned('again')],
    })
  })

  it('An image that was pushed before the configuration, or after its deletion, has no status', async () => {
    await using given = await withRepository()
    const before = await pushImage(given.ecr, given.repositoryName, { layer: '1' })
    await given.settled()
    await given.ecr.send(put({ rules: [rule('all')] }))
    const during = await pushImage(given.ecr, given.repositoryName, { layer: '2' })
    await given.settled()
    await given.ecr.send(remove)
    const after = await pushImage(given.ecr, given.repositoryName, { layer: '3' })
    await given.settled()

    expect(await given.statuses(before.digest)).toEqual([])
    expect(await given.statuses(during.digest)).toEqual([notSigned('all')])
    expect(await given.statuses(after.digest)).toEqual([])
  })

  it('A change that is passed on again after an interruption, and another tag, add no status', async () => {
    await using given = await withRepository()
    await given.ecr.send(put({ rules: [rule('first')] }))
    const { digest } = await pushImage(given.ecr, given.repositoryName, { imageTag: 'v1' })
    const [change] = (await given.deps.store.imageChanges.list({ account, region }, { limit: 1 })).items
    await given.settled()
    await given.react({ account, region }, change!)
    expect(await given.statuses(digest)).toEqual([notSigned('first')])
    expect(await given.events()).toMatchObject([
      {
        'detail-type': 'ecr-local Image Signing',
        source: 'ecr-local',
        detail: {
          'repository-name': given.repositoryName,
          'image-digest': digest,
          'image-tags': ['v1'],
          'signing-profile-arn': profile('first'),
          'signing-status': 'FAILED',
          reason: notSigned('first').failureReason,
        },
      },
    ])

    await given.ecr.send(put({ rules: [rule('second'), rule('first')] }))
    await pushImage(given.ecr, given.repositoryName, { imageTag: 'v2' })
    await given.settled()
    expect(await given.statuses(digest)).toEqual([notSigned('first'), notSigned('second')])
  })

  it('Referrers and signatures are not signed', async () => {
    await using given = await withRepository()
    await given.ecr.send(put({ rules: [rule('all')] }))
    const image = await pushImage(given.ecr, given.repositoryName)
    const subject = { mediaType: mediaTypes.ociManifest, digest: image.digest, size: image.manifest.length }
    const sbom = await pushImage(given.ecr, given.repositoryName, {
      rest: { subject, artifactType: 'application/spdx+json' },
    })
    const signature = await pushImage(given.ecr, given.repositoryName, {
      rest: { artifactType: 'application/vnd.cncf.notary.signature' },
    })
    await given.settled()

    expect(await given.statuses(image.digest)).toHaveLength(1)
    expect(await given.statuses(sbom.digest)).toEqual([])
    expect(await given.statuses(signature.digest)).toEqual([])
  })

  it('The status of an image is deleted with the image', async () => {
    await using given = await withRepository()
    await given.ecr.send(put({ rules: [rule('all')] }))
    const { digest } = await pushImage(given.ecr, given.repositoryName)
    await given.settled()
    const { repositoryName } = given
    const imageIds = [{ imageDigest: digest }]
    await given.ecr.send(new BatchDeleteImageCommand({ repositoryName, imageIds }))
    await given.ecr.send(remove)

    await pushImage(given.ecr, repositoryName)
    await given.settled()
    expect(await given.statuses(digest)).toEqual([])
  })

  it('A missing repository, a missing image and another account are refused', async () => {
    await using given = await withRepository()
    const imageId = { imageDigest: sha256('absent') }
    const ask = (input: { repositoryName: string; registryId?: string }) =>
      given.ecr.send(new DescribeImageSigningStatusCommand({ imageId, ...input }))
    const { repositoryName } = given

    await expect(ask({ repositoryName: 'none' })).rejects.toMatchObject({
      name: 'RepositoryNotFoundException',
      message: `The repository with name 'none' does not exist in the registry with id '${account}'`,
    })
    const tooLong = { imageDigest: 'x'.repeat(5_000) }
    await expect(
      given.ecr.send(new DescribeImageSigningStatusCommand({ repositoryName, imageId: tooLong })),
    ).rejects.toMatchObject({ name: 'InvalidParameterException' })
    await expect(ask({ repositoryName })).rejects.toMatchObject({
      name: 'ImageNotFoundException',
      message: `The image with imageId {imageDigest:'${imageId.imageDigest}', imageTag:'null'} does not exist within the repository with name '${repositoryName}' in the registry with id '${account}'`,
    })
    await expect(ask({ repositoryName, registryId: '210987654321' })).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining(
        'because no resource-based policy allows the ecr:DescribeImageSigningStatus action',
      ),
    })
  })
})
