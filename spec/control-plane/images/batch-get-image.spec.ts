import {
  BatchGetImageCommand,
  CreatePullThroughCacheRuleCommand,
  type ECRClient,
  PutImageCommand,
} from '@aws-sdk/client-ecr'
import { describe, expect, it, vi } from 'vitest'
import { findImage } from '../../../src/registry/images/find-image.js'
import { storeManifest } from '../../../src/registry/images/store-manifest.js'
import { mediaTypes } from '../../../src/registry/images/manifest.js'
import type { Importer, PullRequest } from '../../../src/registry/ports/importer.js'
import { account, region, startEmulator } from '../../support/emulator.js'
import { createRepository, pushImage, pushIndex, pushLayer, sha256 } from '../../support/push.js'

const repositoryName = 'team/app'
const get = (imageIds: BatchGetImageCommand['input']['imageIds'], acceptedMediaTypes?: string[]) =>
  new BatchGetImageCommand({ repositoryName, imageIds, acceptedMediaTypes })

describe('BatchGetImage', () => {
  it('BatchGetImage returns an image by tag, by digest and by both, with the manifest as it was pushed', async () => {
    await using emulator = await startEmulator()
    await createRepository(emulator.ecr)
    const { digest, manifest } = await pushImage(emulator.ecr, repositoryName, { imageTag: 'v1' })
    const both = { imageDigest: digest, imageTag: 'v1' }

    const { images, failures } = await emulator.ecr.send(get([{ imageTag: 'v1' }, { imageDigest: digest }, both]))

    const image = { registryId: account, repositoryName, imageManifest: manifest }
    const imageManifestMediaType = mediaTypes.ociManifest
    expect(images).toEqual([{ ...image, imageManifestMediaType, imageId: both }])
    expect(failures).toEqual([])
  })

  it('BatchGetImage by digest returns an image once for each of its tags, or once without a tag', async () => {
    await using emulator = await startEmulator()
    await createRepository(emulator.ecr)
    const { digest } = await pushImage(emulator.ecr, repositoryName, { imageTag: 'v1' })
    await pushImage(emulator.ecr, repositoryName, { imageTag: 'v2' })
    const untagged = await pushImage(emulator.ecr, repositoryName, { layer: 'untagged' })

    const { images } = await emulator.ecr.send(get([{ imageDigest: digest }, { imageDigest: untagged.digest }]))

    expect(images?.map(({ imageId }) => imageId)).toEqual([
      { imageDigest: digest, imageTag: 'v1' },
      { imageDigest: digest, imageTag: 'v2' },
      { imageDigest: untagged.digest },
    ])
    expect((await emulator.ecr.send(get([{ imageTag: 'v2' }]))).images).toHaveLength(1)
  })

  it('BatchGetImage repeats a large manifest only for as many tags as fit in a response', async () => {
    await using emulator = await startEmulator()
    await createRepository(emulator.ecr)
    const rest = { annotations: { filling: 'x'.repeat(1_500_000) } }
    for (const imageTag of ['v1', 'v2', 'v3', 'v4', 'v5']) {
      await pushImage(emulator.ecr, repositoryName, { imageTag, rest })
    }
    const { images: [one] = [] } = await emulator.ecr.send(get([{ imageTag: 'v1' }]))

    const { images } = await emulator.ecr.send(get([{ imageDigest: one?.imageId?.imageDigest }]))

    expect(images?.map(({ imageId }) => imageId?.imageTag)).toEqual(['v1', 'v2', 'v3'])
  })

  it('BatchGetImage returns no member of an image id that the model does not define', async () => {
    await using emulator = await startEmulator()
    await createRepository(emulator.ecr)
    const gone = { imageTag: 'gone', imageColour: 'red' }

    const { failures } = await emulator.ecr.send(get([gone]))

    expect(failures?.map(({ imageId }) => imageId)).toEqual([{ imageTag: 'gone' }])
  })

  it('BatchGetImage reports for each missing image why it is missing, and returns the others', async () => {
    await using emulator = await startEmulator()
    await createRepository(emulator.ecr)
    await pushImage(emulator.ecr, repositoryName, { imageTag: 'v1' })
    const other = await pushImage(emulator.ecr, repositoryName, { layer: 'other' })
    const gone = { imageTag: 'gone' }
    const twoImages = { imageTag: 'v1', imageDigest: other.digest }

    const { images, failures } = await emulator.ecr.send(
      get([gone, { imageTag: 'v1' }, {}, { imageDigest: 'no digest' }, twoImages, { imageTag: 'no tag' }]),
    )

    expect(images).toHaveLength(1)
    expect(failures).toEqual([
      { imageId: gone, failureCode: 'ImageNotFound', failureReason: 'Requested image not found' },
      {
        imageId: {},
        failureCode: 'MissingDigestAndTag',
        failureReason: 'Invalid request parameters: both tag and digest cannot be null',
      },
      {
        imageId: { imageDigest: 'no digest' },
        failureCode: 'InvalidImageDigest',
        failureReason:
          "Invalid request parameters: image digest should satisfy the regex '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'",
      },
      {
        imageId: twoImages,
        failureCode: 'ImageTagDoesNotMatchDigest',
        failureReason: 'Invalid request parameters: given tag does not map to the given digest',
      },
      {
        imageId: { imageTag: 'no tag' },
        failureCode: 'InvalidImageTag',
        failureReason: "Invalid request parameters: image tag should satisfy the regex '[a-zA-Z0-9-_.]+'",
      },
    ])
  })

  it('BatchGetImage answers an image id once, even if the call repeats it', async () => {
    await using emulator = await startEmulator()
    await createRepository(emulator.ecr)
    const { digest } = await pushImage(emulator.ecr, repositoryName, { imageTag: 'v1' })
    const [v1, byDigest, gone] = [{ imageTag: 'v1' }, { imageDigest: digest }, { imageTag: 'gone' }]

    const { images, failures } = await emulator.ecr.send(get([v1, gone, byDigest, v1, gone, v1]))

    expect(images?.map(({ imageId }) => imageId)).toEqual([{ ...v1, imageDigest: digest }])
    expect(failures?.map(({ imageId }) => imageId)).toEqual([gone])
  })

  it('BatchGetImage returns an image even if the pull time cannot be recorded', async () => {
    await using emulator = await startEmulator()
    await createRepository(emulator.ecr)
    await pushImage(emulator.ecr, repositoryName, { imageTag: 'v1' })
    const warn = vi.spyOn(emulator.deps.log, 'warn')
    vi.spyOn(emulator.deps.store.images, 'update').mockRejectedValue(new Error('the disk is full'))

    expect((await emulator.ecr.send(get([{ imageTag: 'v1' }]))).images).toHaveLength(1)
    expect(warn).toHaveBeenCalledWith(expect.anything(), 'a pull could not be recorded')
    warn.mockRestore()
  })

  describe('conversion between Docker schema 2 and OCI', () => {
    interface Types {
      manifest: string
      config: string
      layer: string
    }
    const docker: Types = {
      manifest: mediaTypes.dockerManifest,
      config: 'application/vnd.docker.container.image.v1+json',
      layer: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
    }
    const oci: Types = {
      manifest: mediaTypes.ociManifest,
      config: 'application/vnd.oci.image.config.v1+json',
      layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
    }

    /** Pushes an image with these media types under the tag v1. */
    async function pushAs(ecr: ECRClient, types: Types) {
      const [config, layer] = [
        await pushLayer(ecr, repositoryName, '{}'),
        await pushLayer(ecr, repositoryName, 'layer'),
      ]
      const contents = (of: Types) => ({
        schemaVersion: 2,
        mediaType: of.manifest,
        config: { mediaType: of.config, ...config },
        layers: [{ mediaType: of.layer, ...layer }],
      })
      const imageManifest = JSON.stringify({ ...contents(types), annotations: { of: 'either' } })
      await ecr.send(new PutImageCommand({ repositoryName, imageManifest, imageTag: 'v1' }))
      return { digest: sha256(imageManifest), imageManifest, contents }
    }

    it.each([
      ['Docker schema 2', 'OCI', docker, oci],
      ['OCI', 'Docker schema 2', oci, docker],
    ])('An image stored as %s is returned as %s if the caller accepts only that', async (_, __, stored, accepted) => {
      await using emulator = await startEmulator()
      await createRepository(emulator.ecr)
      const { digest, imageManifest, contents } = await pushAs(emulator.ecr, stored)

      const { images, failures } = await emulator.ecr.send(get([{ imageTag: 'v1' }], [accepted.manifest]))
      expect(failures).toEqual([])
      expect(images).toMatchObject([{ imageId: { imageDigest: digest, imageTag: 'v1' } }])
      expect(images?.[0]?.imageManifestMediaType).toBe(accepted.manifest)
      expect(JSON.parse(images?.[0]?.imageManifest ?? '')).toEqual(contents(accepted))

      const both = await emulator.ecr.send(get([{ imageTag: 'v1' }], [accepted.manifest, stored.manifest]))
      expect(both.images).toMatchObject([{ imageManifest, imageManifestMediaType: stored.manifest }])
    })

    it('An image that is named by its digest is not converted', async () => {
      await using emulator = await startEmulator()
      await createRepository(emulator.ecr)
      const { digest } = await pushAs(emulator.ecr, docker)
      for (const imageId of [{ imageDigest: digest }, { imageDigest: digest, imageTag: 'v1' }])
        expect((await emulator.ecr.send(get([imageId], [oci.manifest]))).failures).toEqual([
          { imageId, failureCode: 'ImageNotFound', failureReason: 'Requested image not found' },
        ])
    })

    it('An image of a layer that the other format does not have is not found', async () => {
      await using emulator = await startEmulator()
      await createRepository(emulator.ecr)
      await pushAs(emulator.ecr, { ...oci, layer: 'application/vnd.oci.image.layer.v1.tar+zstd' })
      const { images, failures } = await emulator.ecr.send(get([{ imageTag: 'v1' }], [docker.manifest]))
      expect([images, failures]).toMatchObject([[], [{ imageId: { imageTag: 'v1' }, failureCode: 'ImageNotFound' }]])
    })
  })

  it('BatchGetImage returns only images of the accepted media types', async () => {
    await using emulator = await startEmulator()
    await createRepository(emulator.ecr)
    const image = await pushImage(emulator.ecr, repositoryName, { imageTag: 'v1' })
    await pushIndex(emulator.ecr, repositoryName, [image], 'all')
    const ids = [{ imageTag: 'v1' }, { imageTag: 'all' }]

    const { images, failures } = await emulator.ecr.send(get(ids, [mediaTypes.ociIndex]))

    expect(images?.map(({ imageId }) => imageId?.imageTag)).toEqual(['all'])
    expect(failures).toMatchObject([{ imageId: { imageTag: 'v1' }, failureCode: 'ImageNotFound' }])
  })

  it('BatchGetImage pulls an image through the cache when a rule serves the repository name', async () => {
    const asked: PullRequest[] = []
    await using emulator = await startEmulator({
      importer: {
        pull: async (request) => {
          asked.push(request)
          await createRepository(emulator.ecr, request.repository)
          await pushImage(emulator.ecr, request.repository, { imageTag: 'latest' })
          return findImage(emulator.deps.store, request.registry, request.repository, request.imageId)
        },
        importImage: () => Promise.reject(new Error('a pull forces nothing')),
        refreshReferrers: async () => ({}),
      },
    })
    const rule = { ecrRepositoryPrefix: 'ecr-public', upstreamRegistryUrl: 'public.ecr.aws' }
    await emulator.ecr.send(new CreatePullThroughCacheRuleCommand(rule))
    const cached = { repositoryName: 'ecr-public/nginx/nginx', imageIds: [{ imageTag: 'latest' }] }

    const { images } = await emulator.ecr.send(new BatchGetImageCommand(cached))

    expect(images).toMatchObject([{ repositoryName: 'ecr-public/nginx/nginx', imageId: { imageTag: 'latest' } }])
    expect(asked).toMatchObject([
      {
        registry: { account, region },
        repository: 'ecr-public/nginx/nginx',
        imageId: { imageTag: 'latest' },
        principal: { arn: `arn:aws:iam::${account}:user/developer` },
      },
    ])
  })

  it('BatchGetImage has the cache fetch the lost manifest of a cached image again', async () => {
    let restore = async () => {}
    await using emulator = await startEmulator({
      importer: {
        pull: async ({ registry, repository, imageId }) => {
          await restore()
          return findImage(emulator.deps.store, registry, repository, imageId)
        },
        importImage: () => Promise.reject(new Error('a pull forces nothing')),
        refreshReferrers: async () => ({}),
      },
    })
    const { ecr, deps } = emulator
    await ecr.send(
      new CreatePullThroughCacheRuleCommand({ ecrRepositoryPrefix: 'team', upstreamRegistryUrl: 'quay.io' }),
    )
    await createRepository(ecr)
    const { digest, manifest } = await pushImage(ecr, repositoryName, { imageTag: 'v1' })
    const images = deps.store.images
    await images.update({ account, region }, `${repositoryName} ${digest}`, (image) => ({
      ...image,
      pulledThrough: true,
    }))
    await deps.blobs.remove(digest)
    restore = () => storeManifest(deps.blobs, digest, Buffer.from(manifest))

    const answer = await ecr.send(get([{ imageTag: 'v1' }]))

    expect(answer.images?.map(({ imageManifest }) => imageManifest)).toEqual([manifest])
  })

  it('BatchGetImage reports why the upstream did not return the image', async () => {
    const refuse: Importer['pull'] = async ({ imageId }) => ({
      imageId,
      failureCode: 'UpstreamTooManyRequests',
      failureReason: 'Too many requests',
    })
    await using emulator = await startEmulator({
      importer: { pull: refuse, importImage: refuse, refreshReferrers: async () => ({}) },
    })
    const rule = { ecrRepositoryPrefix: 'team', upstreamRegistryUrl: 'quay.io' }
    await emulator.ecr.send(new CreatePullThroughCacheRuleCommand(rule))

    const { images, failures } = await emulator.ecr.send(get([{ imageTag: 'v1' }]))

    expect(images).toEqual([])
    expect(failures).toEqual([
      { imageId: { imageTag: 'v1' }, failureCode: 'UpstreamTooManyRequests', failureReason: 'Too many requests' },
    ])
  })

  it('BatchGetImage refuses a repository that does not exist and that no rule serves', async () => {
    await using emulator = await startEmulator()
    await expect(emulator.ecr.send(get([{ imageTag: 'v1' }]))).rejects.toMatchObject({
      name: 'RepositoryNotFoundException',
      message: `The repository with name 'team/app' does not exist in the registry with id '${account}'`,
    })
  })

  it('BatchGetImage refuses an empty list of image ids and more than 100 of them', async () => {
    await using emulator = await startEmulator()
    const many = Array.from({ length: 101 }, (_, n) => ({ imageDigest: sha256(`${n}`) }))
    await expect(emulator.ecr.send(get(many))).rejects.toMatchObject({
      message:
        "Invalid parameter at 'imageIds' failed to satisfy constraint: 'Member must have length less than or equal to 100'",
    })
    await expect(emulator.ecr.send(get([]))).rejects.toMatchObject({ name: 'InvalidParameterException' })
  })
})
