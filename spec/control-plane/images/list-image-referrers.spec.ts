import {
  ECRClient,
  ListImageReferrersCommand,
  type ListImageReferrersCommandInput,
  ListImagesCommand,
} from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { archived } from '../../../src/registry/images/storage-class.js'
import { keyOf } from '../../../src/registry/ports/store.js'
import { account, now, region, startEmulator } from '../../support/emulator.js'
import { faultyUpstream } from '../../support/faulty-upstream.js'
import { startPlanes } from '../../support/planes.js'
import { createRepository, pushImage, sha256 } from '../../support/push.js'
import { createRule } from '../../support/rules.js'
import { allowing } from '../../support/registry.js'
import { status } from '../../support/upstream-faults.js'
import { twoAccounts, wholeEmulator } from '../../support/whole-emulator.js'

const BUNDLE = 'application/vnd.dev.sigstore.bundle.v0.3+json'
const SBOM = 'application/spdx+json'
const HOUR = 3600

/** A call about the referrers of one image. */
const list = (
  ecr: ECRClient,
  repositoryName: string,
  imageDigest: string,
  more: Partial<ListImageReferrersCommandInput> = {},
) => ecr.send(new ListImageReferrersCommand({ repositoryName, subjectId: { imageDigest }, ...more }))

const digestsOf = ({ referrers = [] }: Awaited<ReturnType<typeof list>>) => referrers.map(({ digest }) => digest)

/** A pushed image with referrers of these types, each with an annotation. */
async function pushedSubject(ecr: ECRClient, types: string[]) {
  await createRepository(ecr)
  const subject = await pushImage(ecr, 'team/app', { imageTag: 'v1' })
  const { digest, manifest } = subject
  const descriptor = { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest, size: manifest.length }
  const referrers = []
  for (const [index, artifactType] of types.entries()) {
    const rest = { artifactType, subject: descriptor, annotations: { number: String(index) } }
    referrers.push({ ...(await pushImage(ecr, 'team/app', { rest })), artifactType, number: String(index) })
  }
  return { digest, referrers: referrers.sort((a, b) => (a.digest < b.digest ? -1 : 1)) }
}

describe('ListImageReferrers of a pushed image', () => {
  it('ListImageReferrers returns descriptors in the order of digests, with status and annotations', async () => {
    await using emulator = await startEmulator()
    const { digest, referrers } = await pushedSubject(emulator.ecr, [BUNDLE, SBOM])

    const answer = await list(emulator.ecr, 'team/app', digest)

    expect(answer.nextToken).toBeUndefined()
    expect(answer.referrers).toEqual(
      referrers.map((referrer) => ({
        digest: referrer.digest,
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
        artifactType: referrer.artifactType,
        size: referrer.manifest.length,
        annotations: { number: referrer.number },
        artifactStatus: 'ACTIVE',
      })),
    )
  })

  it('ListImageReferrers returns an empty list for a digest that the repository does not have', async () => {
    await using emulator = await startEmulator()
    await createRepository(emulator.ecr)
    expect(digestsOf(await list(emulator.ecr, 'team/app', sha256('nothing')))).toEqual([])
  })

  it('ListImageReferrers selects artifact types, several of them or one', async () => {
    await using emulator = await startEmulator()
    const { digest, referrers } = await pushedSubject(emulator.ecr, [BUNDLE, SBOM, 'text/plain'])
    const ofTypes = (...types: string[]) =>
      referrers.filter(({ artifactType }) => types.includes(artifactType)).map((referrer) => referrer.digest)
    const selected = async (...artifactTypes: string[]) =>
      digestsOf(await list(emulator.ecr, 'team/app', digest, { filter: { artifactTypes } }))
    expect(await selected(BUNDLE)).toEqual(ofTypes(BUNDLE))
    expect(await selected(BUNDLE, SBOM)).toEqual(ofTypes(BUNDLE, SBOM))
    expect(await selected('application/none')).toEqual([])
    expect(await selected()).toHaveLength(3)
  })

  it('ListImageReferrers returns archived artifacts only if the filter asks for them', async () => {
    await using emulator = await startEmulator()
    const { digest, referrers } = await pushedSubject(emulator.ecr, [BUNDLE, SBOM])
    const [first, second] = referrers.map((referrer) => referrer.digest)
    const registry = { account, region }
    await emulator.deps.store.images.update(registry, keyOf('team/app', first!), (image) =>
      archived(image, now.getTime()),
    )
    const withStatus = async (artifactStatus?: 'ACTIVE' | 'ARCHIVED' | 'ACTIVATING' | 'ANY') =>
      (await list(emulator.ecr, 'team/app', digest, artifactStatus && { filter: { artifactStatus } })).referrers?.map(
        (referrer) => [referrer.digest, referrer.artifactStatus],
      )
    expect(await withStatus()).toEqual([[second, 'ACTIVE']])
    expect(await withStatus('ARCHIVED')).toEqual([[first, 'ARCHIVED']])
    expect(await withStatus('ACTIVATING')).toEqual([])
    expect(await withStatus('ANY')).toEqual([
      [first, 'ARCHIVED'],
      [second, 'ACTIVE'],
    ])
  })

  it('ListImageReferrers returns pages of 20 unless the call asks for fewer or up to 50', async () => {
    await using emulator = await startEmulator()
    const { digest, referrers } = await pushedSubject(emulator.ecr, Array<string>(22).fill(BUNDLE))
    const first = await list(emulator.ecr, 'team/app', digest)
    expect(first.referrers).toHaveLength(20)
    const rest = await list(emulator.ecr, 'team/app', digest, { nextToken: first.nextToken })
    expect([...digestsOf(first), ...digestsOf(rest)]).toEqual(referrers.map((referrer) => referrer.digest))
    expect(rest.nextToken).toBeUndefined()
    expect((await list(emulator.ecr, 'team/app', digest, { maxResults: 5 })).referrers).toHaveLength(5)
    expect((await list(emulator.ecr, 'team/app', digest, { maxResults: 50 })).referrers).toHaveLength(22)
  })
})

describe('refusals of ListImageReferrers', () => {
  const refused = [
    [
      { maxResults: 51 },
      "'maxResults' failed to satisfy constraint: 'Member must have value less than or equal to 50'",
    ],
    [
      { filter: { artifactTypes: Array<string>(6).fill('a') } },
      "'filter.artifactTypes' failed to satisfy constraint: 'Member must have length less than or equal to 5'",
    ],
    [{ nextToken: 'x' }, "'nextToken' failed to satisfy constraint: 'Invalid token'"],
  ] as const
  it.each(refused)('ListImageReferrers refuses %j in the words of the service', async (more, message) => {
    await using emulator = await startEmulator()
    await createRepository(emulator.ecr)
    await expect(list(emulator.ecr, 'team/app', sha256(''), more as object)).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: `Invalid parameter at ${message}`,
    })
  })

  it('ListImageReferrers refuses a text that is no digest', async () => {
    await using emulator = await startEmulator()
    await createRepository(emulator.ecr)
    await expect(list(emulator.ecr, 'team/app', 'latest')).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: "Invalid request parameters: image digest should satisfy the regex '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'",
    })
  })

  it('ListImageReferrers refuses a repository that neither exists nor is served by a rule', async () => {
    await using emulator = await startEmulator()
    await expect(list(emulator.ecr, 'team/app', sha256(''))).rejects.toMatchObject({
      name: 'RepositoryNotFoundException',
      message: `The repository with name 'team/app' does not exist in the registry with id '${account}'`,
    })
  })

  it('ListImageReferrers is authorized by ecr:BatchGetImage, not by a permission of its own name', async () => {
    const users = {
      getter: { accessKeys: { AKIDGETTER: 'secret' }, policies: [allowing('ecr:BatchGetImage')] },
      lister: { accessKeys: { AKIDLISTER: 'secret' }, policies: [allowing('ecr:ListImageReferrers')] },
      owner: { accessKeys: { AKIDEXAMPLE: 'secret' }, policies: [allowing('ecr:*')] },
    }
    await using emulator = await startEmulator({ accounts: { [account]: { users } } })
    await createRepository(emulator.ecr)
    expect(digestsOf(await list(emulator.as('AKIDGETTER'), 'team/app', sha256('')))).toEqual([])
    await expect(list(emulator.as('AKIDLISTER'), 'team/app', sha256(''))).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining(
        `is not authorized to perform: ecr:BatchGetImage on resource: arn:aws:ecr:${region}:${account}:repository/team/app`,
      ),
    })
  })
})

/** An emulator with a rule for an upstream that has an image with two referrers. */
async function signedUpstream() {
  const upstream = await faultyUpstream()
  const image = upstream.addImage('team/app', { tag: 'v1' })
  const subject = { mediaType: image.mediaType, digest: image.digest, size: image.bytes.length }
  const refer = (seed: string, artifactType: string) =>
    upstream.addImage('team/app', { seed, layers: 1, extra: { artifactType, subject } }).digest
  const both = [refer('signature', BUNDLE), refer('sbom', SBOM)].sort()
  const reading = ['ecr:BatchGetImage', 'ecr:GetAuthorizationToken']
  const users = {
    ...twoAccounts['111122223333']?.users,
    reader: { accessKeys: { AKIAREADER: 'secret' }, policies: [allowing(reading)] },
    importer: {
      accessKeys: { AKIAIMPORTER: 'secret' },
      policies: [allowing([...reading, 'ecr:BatchImportUpstreamImage'])],
    },
  }
  const settings = {
    accounts: { '111122223333': { users } },
    upstreams: { 'public.ecr.aws': { endpoint: upstream.url } },
  }
  return {
    upstream,
    image,
    both,
    refer,
    settings,
    lists: () => upstream.count('/referrers/'),
    [Symbol.asyncDispose]: () => upstream.close(),
  }
}

const name = 'ecr-public/team/app'

describe('ListImageReferrers of an image of an upstream', () => {
  it('ListImageReferrers returns the same referrers as the registry, and asks the upstream once in six hours', async () => {
    await using given = await signedUpstream()
    await using emulator = await wholeEmulator(given.settings)
    const ecr = emulator.ecr()
    await ecr.send(createRule())
    await emulator.get(`${name}/manifests/v1`)
    const listed = await list(ecr, name, given.image.digest)
    expect(digestsOf(listed)).toEqual(given.both)
    const { bytes } = await emulator.get(`${name}/referrers/${given.image.digest}`)
    const { manifests } = JSON.parse(bytes.toString()) as { manifests: object[] }
    expect(manifests.map((manifest) => ({ ...manifest, artifactStatus: 'ACTIVE' }))).toEqual(listed.referrers)
    const later = given.refer('later', SBOM)
    await emulator.advance(6 * HOUR - 60)
    expect(digestsOf(await list(ecr, name, given.image.digest))).toEqual(given.both)
    expect(given.lists()).toBe(1)
    await emulator.advance(61)
    expect(digestsOf(await list(ecr, name, given.image.digest))).toEqual([...given.both, later].sort())
    expect(given.lists()).toBe(2)
  })

  it('ListImageReferrers imports the image first if it is not cached, and creates its repository', async () => {
    await using given = await signedUpstream()
    await using emulator = await wholeEmulator(given.settings)
    const ecr = emulator.ecr()
    await ecr.send(createRule())
    expect(digestsOf(await list(ecr, name, given.image.digest))).toEqual(given.both)
    const { imageIds = [] } = await ecr.send(new ListImagesCommand({ repositoryName: name }))
    expect(imageIds.map(({ imageDigest }) => imageDigest)).toContain(given.image.digest)
  })

  it('ListImageReferrers needs CreateRepository for a missing repository, and BatchImportUpstreamImage to ask', async () => {
    await using given = await signedUpstream()
    await using emulator = await wholeEmulator(given.settings)
    await emulator.ecr().send(createRule())
    await expect(list(emulator.ecr('AKIAIMPORTER'), name, given.image.digest)).rejects.toMatchObject({
      name: 'RepositoryNotFoundException',
    })
    await emulator.get(`${name}/manifests/v1`)
    expect(digestsOf(await list(emulator.ecr('AKIAREADER'), name, given.image.digest))).toEqual([])
    expect(given.lists()).toBe(0)
    expect(digestsOf(await list(emulator.ecr('AKIAIMPORTER'), name, given.image.digest))).toEqual(given.both)
  })

  it('ListImageReferrers is refused while the upstream has never listed them, and asks again after 15 minutes', async () => {
    await using given = await signedUpstream()
    await using emulator = await wholeEmulator(given.settings)
    const ecr = emulator.ecr()
    await ecr.send(createRule())
    await emulator.get(`${name}/manifests/v1`)
    given.upstream.fault('/referrers/', status(403))
    const unable = {
      name: 'UnableToListUpstreamImageReferrersException',
      message:
        'The referrer or referrers were unable to be listed using the pull through cache rule. This is usually caused because of an issue with the Secrets Manager secret containing the credentials for the upstream registry.',
    }
    await expect(list(ecr, name, given.image.digest)).rejects.toMatchObject(unable)
    given.upstream.heal()
    await expect(list(ecr, name, given.image.digest)).rejects.toMatchObject(unable)
    expect(given.lists()).toBe(1)
    await emulator.advance(15 * 60 + 1)
    expect(digestsOf(await list(ecr, name, given.image.digest))).toEqual(given.both)
    given.upstream.fault('/referrers/', status(403))
    await emulator.advance(6 * HOUR + 1)
    expect(digestsOf(await list(ecr, name, given.image.digest))).toEqual(given.both)
  })

  it('ListImageReferrers is refused if the image is not cached and the upstream refuses it', async () => {
    await using given = await signedUpstream()
    await using emulator = await wholeEmulator(given.settings)
    await emulator.ecr().send(createRule())
    given.upstream.fault('/manifests/', status(403))
    await expect(list(emulator.ecr(), name, given.image.digest)).rejects.toMatchObject({
      name: 'UnableToListUpstreamImageReferrersException',
    })
  })

  it('ListImageReferrers of a control plane in a process of its own asks through the data plane', async () => {
    await using given = await signedUpstream()
    await using planes = await startPlanes({ config: given.settings })
    const credentials = { accessKeyId: 'AKIAADMIN1', secretAccessKey: 'secret' }
    const ecr = new ECRClient({ endpoint: planes.endpoint, region: 'us-east-1', credentials })
    await ecr.send(createRule())
    expect(digestsOf(await list(ecr, name, given.image.digest))).toEqual(given.both)
    expect(given.lists()).toBe(1)
  })
})
