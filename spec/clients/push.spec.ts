import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeWith, dockerNeeds } from '../support/describe-with.js'
import { type DockerDaemon, dockerDaemon } from '../support/docker-daemon.js'
import { tar } from '../support/images.js'
import { skopeo } from '../support/skopeo.js'
import { temporaryDirectory } from '../support/temporary-directory.js'
import { type Setting, loginPassword, startSetting } from './setting.js'

describeWith(dockerNeeds, 'Images that Docker pushes', () => {
  let setting: Setting
  let daemon: DockerDaemon
  let uri: string
  let digest: string

  beforeAll(async () => {
    ;[setting, daemon] = await Promise.all([startSetting(), dockerDaemon()])
    await daemon.login(setting.emulator.registry, await loginPassword(setting))
    const { repository } = await setting.aws.json('ecr', 'create-repository', '--repository-name', 'team/app')
    uri = repository.repositoryUri as string
  })
  afterAll(async () => {
    await daemon[Symbol.asyncDispose]()
    await setting[Symbol.asyncDispose]()
  })

  /** Creates an image with one file and tags it with these names. */
  async function make(message: string, ...names: string[]) {
    await using directory = await temporaryDirectory()
    const file = join(directory.path, 'files.tar')
    await writeFile(file, tar({ 'message.txt': Buffer.from(message) }))
    const id = (await daemon.docker('import', file)).trim()
    for (const name of names) await daemon.docker('tag', id, name)
  }

  it('A pushed image is pulled back unchanged from the repositoryUri given by create-repository', async () => {
    await make('pushed', `${uri}:one`)
    const pushed = await daemon.docker('push', `${uri}:one`)
    digest = /digest: (sha256:[0-9a-f]{64})/.exec(pushed)?.[1] ?? ''
    const id = await daemon.docker('image', 'inspect', '--format', '{{.Id}}', `${uri}:one`)

    await daemon.forgetImages()
    expect(await daemon.docker('pull', `${uri}:one`)).toContain(`Digest: ${digest}`)
    expect(await daemon.docker('image', 'inspect', '--format', '{{.Id}}', `${uri}:one`)).toBe(id)
  })

  it('A pushed image is pulled by its digest', async () => {
    await daemon.forgetImages()
    expect(await daemon.docker('pull', `${uri}@${digest}`)).toContain(`Digest: ${digest}`)
  })

  it('The AWS CLI describes and lists a pushed image and returns its manifest', async () => {
    const { imageDetails } = await setting.aws.json('ecr', 'describe-images', '--repository-name', 'team/app')
    expect(imageDetails).toMatchObject([{ imageDigest: digest, imageTags: ['one'], repositoryName: 'team/app' }])
    expect(imageDetails[0].imageSizeInBytes).toBeGreaterThan(0)
    const { imageIds } = await setting.aws.json('ecr', 'list-images', '--repository-name', 'team/app')
    expect(imageIds).toEqual([{ imageDigest: digest, imageTag: 'one' }])
    const { images } = await setting.aws.json(
      ...['ecr', 'batch-get-image', '--repository-name', 'team/app', '--image-ids', `imageDigest=${digest}`],
    )
    const raw = await skopeo(await loginPassword(setting)).raw(`${uri}:one`)
    expect(images[0].imageManifest).toBe(raw)
  })

  it('A second push of the same image sends no layers', async () => {
    await daemon.docker('tag', `${uri}@${digest}`, `${uri}:two`)
    expect(await daemon.docker('push', `${uri}:two`)).toContain('Layer already exists')
    const { imageDetails } = await setting.aws.json('ecr', 'describe-images', '--repository-name', 'team/app')
    expect(imageDetails).toHaveLength(1)
    expect(imageDetails[0].imageTags).toEqual(expect.arrayContaining(['one', 'two']))
  })

  it('A pushed image can be pushed to another repository', async () => {
    const { repository } = await setting.aws.json('ecr', 'create-repository', '--repository-name', 'team/other')
    await daemon.docker('tag', `${uri}:two`, `${repository.repositoryUri as string}:one`)
    const pushed = await daemon.docker('push', `${repository.repositoryUri as string}:one`)
    expect(pushed).toContain(`digest: ${digest}`)
  })

  it('A push does not replace an immutable tag', async () => {
    await setting.aws.json(
      ...['ecr', 'put-image-tag-mutability', '--repository-name', 'team/app'],
      ...['--image-tag-mutability', 'IMMUTABLE'],
    )
    await make('pushed later', `${uri}:one`)
    const { exitCode, stderr } = await daemon.tryDocker('push', `${uri}:one`)
    expect(exitCode).toBe(1)
    expect(stderr.trim()).toBe(
      "tag invalid: The image tag 'one' already exists in the 'team/app' repository and cannot be overwritten because the tag is immutable.",
    )
    await daemon.forgetImages()
    expect(await daemon.docker('pull', `${uri}:one`)).toContain(`Digest: ${digest}`)
  })

  it('A push to a repository that does not exist is refused', async () => {
    const name = `${setting.emulator.registry}/team/missing:one`
    await make('pushed', name)
    const { exitCode, stderr } = await daemon.tryDocker('push', name)
    expect(exitCode).toBe(1)
    expect(stderr.trim()).toBe(
      "name unknown: The repository with name 'team/missing' does not exist in the registry with id '000000000000'",
    )
  })

  it('A deleted image is not found', async () => {
    const { failures } = await setting.aws.json(
      ...['ecr', 'batch-delete-image', '--repository-name', 'team/app', '--image-ids', `imageDigest=${digest}`],
    )
    expect(failures).toEqual([])
    await daemon.forgetImages()
    expect((await daemon.tryDocker('pull', `${uri}:one`)).stderr.trim()).toBe(
      `Error response from daemon: manifest for ${uri}:one not found: manifest unknown: Requested image not found`,
    )
  })

  it('A pull without a login is refused', async () => {
    await daemon.docker('logout', setting.emulator.registry)
    const { exitCode, stderr } = await daemon.tryDocker('pull', `${uri}:one`)
    expect(exitCode).toBe(1)
    expect(stderr).toContain('no basic auth credentials')
  })
})
