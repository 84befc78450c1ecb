import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeWith, dockerNeeds } from '../support/describe-with.js'
import { type DockerDaemon, dockerDaemon } from '../support/docker-daemon.js'
import { pushIndex, twoPlatformImage } from '../support/images.js'
import { skopeo } from '../support/skopeo.js'
import { temporaryDirectory } from '../support/temporary-directory.js'
import { createRule, loginPassword, type Setting, startSetting, type UpstreamHost } from './setting.js'

const account = '000000000000'

describeWith(dockerNeeds, 'A pull through cache rule with the AWS CLI, Docker and skopeo', () => {
  let setting: Setting
  let daemon: DockerDaemon
  let password: string

  beforeAll(async () => {
    ;[setting, daemon] = await Promise.all([startSetting(), dockerDaemon()])
    password = await loginPassword(setting)
  })
  afterAll(async () => {
    await daemon[Symbol.asyncDispose]()
    await setting[Symbol.asyncDispose]()
  })

  it('Docker logs in with the password from get-login-password', async () => {
    expect(await daemon.login(setting.emulator.registry, password)).toContain('Login Succeeded')
  })

  it('Docker logs in to the proxyEndpoint as it is given', async () => {
    const { authorizationData } = await setting.aws.json<{ authorizationData: [{ proxyEndpoint: string }] }>(
      ...['ecr', 'get-authorization-token'],
    )
    expect(await daemon.login(authorizationData[0].proxyEndpoint, password)).toContain('Login Succeeded')
  })

  const upstreams: { prefix: string; host: UpstreamHost; upstreamName: string; docker: boolean }[] = [
    { prefix: 'ecr-public', host: 'public.ecr.aws', upstreamName: 'amazonlinux/amazonlinux', docker: false },
    { prefix: 'quay', host: 'quay.io', upstreamName: 'coreos/etcd', docker: true },
  ]

  describe.each(upstreams)('The rule for $host', ({ prefix, host, upstreamName, docker }) => {
    const repository = `${prefix}/${upstreamName}`
    const index = twoPlatformImage({ message: `an image of ${host}`, docker })
    const [amd64, arm64] = index.images
    const upstream = () => setting.upstreams[host]
    const image = (reference = ':latest') => `${setting.emulator.registry}/${repository}${reference}`
    const blobs = [...new Set(index.images.flatMap(({ config, layers }) => [config, ...layers]))]

    it('A rule is created and described with the AWS CLI, in its own Region only', async () => {
      await pushIndex(index, { url: upstream().url, repository: upstreamName, tag: 'latest' })
      await upstream().forget()

      const created = await createRule(setting, prefix, host)
      expect(created).toMatchObject({ ecrRepositoryPrefix: prefix, upstreamRegistryUrl: host, registryId: account })
      const describeRules = ['ecr', 'describe-pull-through-cache-rules']
      const { pullThroughCacheRules } = await setting.aws.json(...describeRules, '--ecr-repository-prefixes', prefix)
      expect(pullThroughCacheRules).toMatchObject([{ ecrRepositoryPrefix: prefix, upstreamRegistryUrl: host }])
      const elsewhere = await setting.aws.json(...describeRules, '--region', 'eu-west-1')
      expect(elsewhere.pullThroughCacheRules).toEqual([])
    })

    it('Docker pulls the same image through the cache as from the upstream', async () => {
      const printed = await daemon.docker('pull', image())

      expect(printed).toContain(`Digest: ${index.digest}`)
      expect(await messageIn(image())).toContain(`an image of ${host}`)
      const digests = await daemon.docker('image', 'inspect', '--format', '{{json .RepoDigests}}', image())
      expect(JSON.parse(digests)).toEqual([image(`@${index.digest}`).replace(':latest', '')])
    })

    it('Every manifest and blob of all platforms is requested from the upstream once, and only by the registry', async () => {
      const wanted = [
        `GET /v2/${upstreamName}/manifests/latest 200`,
        ...index.images.map(({ digest }) => `GET /v2/${upstreamName}/manifests/${digest} 200`),
        ...blobs.map((digest) => `GET /v2/${upstreamName}/blobs/${digest} 200`),
      ].sort()
      await expect.poll(async () => (await upstream().asked(/./)).sort(), { timeout: 60_000 }).toEqual(wanted)
      const askedBy = new Set((await upstream().requests()).map(({ userAgent }) => userAgent))
      expect([...askedBy]).toEqual(['ecr-local'])
      await upstream().forget()
    })

    it('A second pull is served from the cache', async () => {
      await daemon.forgetImages()

      expect(await daemon.docker('pull', image())).toContain(`Downloaded newer image for ${image()}`)
      expect(await messageIn(image())).toContain(`an image of ${host}`)
      expect(await upstream().asked()).toEqual([])
    })

    it('The repository created by a pull is described like any other', async () => {
      const { repositories } = await setting.aws.json('ecr', 'describe-repositories', '--repository-names', repository)
      expect(repositories).toMatchObject([
        {
          repositoryName: repository,
          repositoryArn: `arn:aws:ecr:us-east-1:${account}:repository/${repository}`,
          repositoryUri: `${setting.emulator.registry}/${repository}`,
          imageTagMutability: 'MUTABLE',
          imageScanningConfiguration: { scanOnPush: false },
          encryptionConfiguration: { encryptionType: 'AES256' },
        },
      ])
    })

    it('describe-images and list-images show the index and every image in it', async () => {
      const digests = [index, ...index.images].map(({ digest }) => digest).sort()
      const { imageDetails } = await setting.aws.json<{
        imageDetails: { imageDigest: string; imageTags?: string[] }[]
      }>(...['ecr', 'describe-images', '--repository-name', repository])
      expect(imageDetails.map(({ imageDigest }) => imageDigest).sort()).toEqual(digests)
      const tagged = imageDetails.find((detail) => detail.imageTags?.includes('latest'))
      expect(tagged).toMatchObject({ imageDigest: index.digest, imageManifestMediaType: index.mediaType })

      const { imageIds } = await setting.aws.json('ecr', 'list-images', '--repository-name', repository)
      expect(imageIds).toHaveLength(3)
      expect(imageIds).toContainEqual({ imageDigest: index.digest, imageTag: 'latest' })
    })

    it('batch-get-image and skopeo receive the index byte for byte', async () => {
      const { images, failures } = await setting.aws.json(
        ...['ecr', 'batch-get-image', '--repository-name', repository, '--image-ids', 'imageTag=latest'],
      )
      expect(failures).toEqual([])
      expect(images).toMatchObject([{ imageManifest: index.bytes.toString(), imageId: { imageDigest: index.digest } }])
      expect(await skopeo(password).raw(image())).toBe(index.bytes.toString())
    })

    it('skopeo copies all platforms from the cache although only one was pulled', async () => {
      await using directory = await temporaryDirectory()
      await skopeo(password).copyAll(image(), directory.path)

      expect(await readFile(join(directory.path, 'manifest.json'), 'utf8')).toBe(index.bytes.toString())
      const files = await readdir(directory.path)
      for (const digest of blobs) expect(files).toContain(digest.replace('sha256:', ''))
      expect(await upstream().asked()).toEqual([])
    })

    it('Docker pulls the index and the image of another platform by digest', async () => {
      await daemon.forgetImages()
      const byDigest = image(`@${index.digest}`)
      expect(await daemon.docker('pull', byDigest)).toContain(`Digest: ${index.digest}`)
      const other = image(`@${arm64?.digest ?? ''}`)
      expect(await daemon.docker('pull', other)).toContain(`Digest: ${arm64?.digest ?? ''}`)
      expect(await daemon.docker('image', 'inspect', '--format', '{{.Architecture}}', other)).toBe('arm64\n')
      expect(await upstream().asked()).toEqual([])
    })

    it('A tag that the upstream does not have is refused in the words of ECR', async () => {
      const { stderr } = await daemon.tryDocker('pull', image(':missing'))
      expect(stderr.trim()).toBe(
        `Error response from daemon: manifest for ${image(':missing')} not found: manifest unknown: Requested image not found`,
      )
      await upstream().forget()
    })

    it('Deleting a rule keeps everything cached pullable and stops all requests upstream', async () => {
      await pushIndex(index, { url: upstream().url, repository: upstreamName, tag: 'uncached' })
      await upstream().forget()
      const gone = await setting.aws.json('ecr', 'delete-pull-through-cache-rule', '--ecr-repository-prefix', prefix)
      expect(gone).toMatchObject({ ecrRepositoryPrefix: prefix, upstreamRegistryUrl: host, registryId: account })
      await daemon.forgetImages()
      await setting.emulator.advanceClock(2 * 24 * 60 * 60)
      await daemon.login(setting.emulator.registry, await loginPassword(setting))

      expect(await daemon.docker('pull', image())).toContain(`Digest: ${index.digest}`)
      expect(await daemon.docker('pull', image(`@${amd64?.digest ?? ''}`))).toContain('Digest:')
      const { stderr } = await daemon.tryDocker('pull', image(':uncached'))
      expect(stderr).toContain('not found: manifest unknown: Requested image not found')
      const elsewhere = `${setting.emulator.registry}/${prefix}/never/pulled`
      expect((await daemon.tryDocker('pull', elsewhere)).stderr.trim()).toBe(
        `Error response from daemon: repository ${elsewhere} not found: name unknown: ` +
          `The repository with name '${prefix}/never/pulled' does not exist in the registry with id '${account}'`,
      )
      expect(await upstream().asked()).toEqual([])
      password = await loginPassword(setting)
    })
  })

  /** Returns `/message.txt` of an image; a container that is created but never run shows its files. */
  async function messageIn(image: string): Promise<string> {
    const container = (await daemon.docker('create', '--network', 'none', image)).trim()
    try {
      return await daemon.docker('cp', `${container}:/message.txt`, '-')
    } finally {
      await daemon.docker('rm', container)
    }
  }
})
