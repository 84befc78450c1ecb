import { afterAll, beforeAll, expect, it } from 'vitest'
import { awsCli } from '../support/aws-cli.js'
import { describeWith, skopeoNeeds } from '../support/describe-with.js'
import { emulatorProcess } from '../support/emulator-process.js'
import { pushIndex, type RealIndex, twoPlatformImage } from '../support/images.js'
import { skopeo } from '../support/skopeo.js'
import { temporaryDirectory } from '../support/temporary-directory.js'
import { createRule, loginPassword, registryPassword, type Setting, startSetting } from './setting.js'

const day = 24 * 60 * 60
const [first, second] = ['first', 'second'].map((message) => twoPlatformImage({ message }))

describeWith(skopeoNeeds, 'The cached image of a tag that moves upstream', () => {
  let setting: Setting

  beforeAll(async () => {
    setting = await startSetting()
    await createRule(setting, 'ecr-public', 'public.ecr.aws')
  })
  afterAll(() => setting[Symbol.asyncDispose]())

  const upstream = () => setting.upstreams['public.ecr.aws']
  const move = (repository: string, index?: RealIndex) =>
    index && pushIndex(index, { url: upstream().url, repository, tag: 'latest' })
  const raw = async (repository: string) =>
    skopeo(await registryPassword(setting)).raw(`${setting.emulator.registry}/${repository}:latest`)
  const mutability = (repository: string, value: string) =>
    setting.aws.json(
      ...['ecr', 'put-image-tag-mutability', '--repository-name', repository, '--image-tag-mutability', value],
    )

  it('A cached tag is served for 24 hours without a request upstream and replaced after one HEAD', async () => {
    await move('team/app', first)
    expect(await raw('ecr-public/team/app')).toBe(first?.bytes.toString())
    await move('team/app', second)
    await whole('team/app', first)

    await setting.emulator.advanceClock(day - 60)
    expect(await raw('ecr-public/team/app')).toBe(first?.bytes.toString())
    expect(await upstream().asked(/team\/app/)).toEqual([])

    await setting.emulator.advanceClock(120)
    expect(await raw('ecr-public/team/app')).toBe(second?.bytes.toString())
    expect(await upstream().asked(/HEAD/)).toEqual(['HEAD /v2/team/app/manifests/latest 200'])
    expect(await upstream().asked(/GET .*app\/manifests/)).toContain(
      `GET /v2/team/app/manifests/${second?.digest ?? ''} 200`,
    )
  })

  it('The image that a moved tag leaves stays in the repository without a tag', async () => {
    const { imageIds } = await setting.aws.json('ecr', 'list-images', '--repository-name', 'ecr-public/team/app')
    expect(imageIds).toContainEqual({ imageDigest: first?.digest })
    expect(imageIds).toContainEqual({ imageDigest: second?.digest, imageTag: 'latest' })
  })

  it('An unchanged tag costs the upstream one HEAD per day', async () => {
    await whole('team/app', second)
    await setting.emulator.advanceClock(day + 60)
    for (let pull = 0; pull < 3; pull++) expect(await raw('ecr-public/team/app')).toBe(second?.bytes.toString())
    expect(await upstream().asked(/team\/app/)).toEqual(['HEAD /v2/team/app/manifests/latest 200'])
  })

  it('An immutable cached tag is not replaced and can still be pulled', async () => {
    await move('team/fixed', first)
    expect(await raw('ecr-public/team/fixed')).toBe(first?.bytes.toString())
    await mutability('ecr-public/team/fixed', 'IMMUTABLE')
    await move('team/fixed', second)
    await setting.emulator.advanceClock(day + 60)
    expect(await raw('ecr-public/team/fixed')).toBe(first?.bytes.toString())
    expect(await upstream().asked(/HEAD .*fixed\/manifests/)).toHaveLength(1)

    await mutability('ecr-public/team/fixed', 'MUTABLE')
    await setting.emulator.advanceClock(day + 60)
    expect(await raw('ecr-public/team/fixed')).toBe(second?.bytes.toString())
  })

  it('A pull into a repository created beforehand keeps the settings of the repository', async () => {
    await move('team/own', first)
    const { repository } = await setting.aws.json(
      ...['ecr', 'create-repository', '--repository-name', 'ecr-public/team/own'],
      ...['--image-tag-mutability', 'IMMUTABLE', '--image-scanning-configuration', 'scanOnPush=true'],
      ...['--encryption-configuration', 'encryptionType=KMS', '--tags', 'Key=team,Value=own'],
    )
    expect(repository.encryptionConfiguration.encryptionType).toBe('KMS')
    expect(await raw('ecr-public/team/own')).toBe(first?.bytes.toString())
    const { repositories } = await setting.aws.json(
      ...['ecr', 'describe-repositories', '--repository-names', 'ecr-public/team/own'],
    )
    expect(repositories).toEqual([repository])
  })

  it('A cached image is served without a route to the upstream, and a first pull is refused with the reason', async () => {
    const { dataDir } = setting.emulator
    await whole('team/app', second)
    await setting.emulator.stop()
    const config = { upstreams: { 'public.ecr.aws': { endpoint: upstream().url } }, network: { egress: 'none' } }
    await using cutOff = await emulatorProcess({ dataDir, config })
    const password = await loginPassword({ aws: awsCli({ endpoint: cutOff.endpoint }) })
    await upstream().forget()
    const client = skopeo(password)

    expect(await client.raw(`${cutOff.registry}/ecr-public/team/app:latest`)).toBe(second?.bytes.toString())
    await using directory = await temporaryDirectory()
    await client.copyAll(`${cutOff.registry}/ecr-public/team/app:latest`, directory.path)
    const refused = await client.tryRaw(`${cutOff.registry}/ecr-public/team/other:latest`)
    expect(refused.exitCode).not.toBe(0)
    expect(refused.stderr).toContain('the registry has no route to the upstream (network.egress is')
    expect(await upstream().asked()).toEqual([])
  })

  /** Waits until an index and everything in it has been fetched, then resets the recorded requests. */
  async function whole(repository: string, index?: RealIndex) {
    const wanted = (index?.images ?? []).flatMap(({ digest, config, layers }) => [
      `GET /v2/${repository}/manifests/${digest} 200`,
      ...[config, ...layers].map((blob) => `GET /v2/${repository}/blobs/${blob} 200`),
    ])
    await expect.poll(() => upstream().everAsked(), { timeout: 60_000 }).toEqual(expect.arrayContaining(wanted))
    await upstream().forget()
  }
})
