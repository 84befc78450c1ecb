import { ECRClient } from '@aws-sdk/client-ecr'
import { spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { mediaTypes } from '../../src/registry/images/manifest.js'
import { type AwsCli, awsCli } from '../support/aws-cli.js'
import { awsCliNeeds, describeWith } from '../support/describe-with.js'
import type { EmulatorProcess } from '../support/emulator-process.js'
import { createRepository, pushImage, type Pushed } from '../support/push.js'
import { temporaryDirectory, type TemporaryDirectory } from '../support/temporary-directory.js'
import { emulatorWithFindings } from './findings.js'

const registryId = '000000000000'
const repositoryName = 'team/app'
const named = ['--repository-name', repositoryName]
const time: unknown = expect.anything()

/** The commands of the installed CLI, which lists them when it does not know one. */
const known = String(spawnSync('aws', ['ecr', 'no-such-command'], { encoding: 'utf8' }).stderr)
/** A block of specs for commands that an older CLI may lack. */
const withCommands = (commands: string[], name: string, specs: () => void) =>
  describeWith(
    Object.fromEntries(
      commands.map((command) => [`aws ecr ${command}`, new RegExp(`(?<![\\w-])${command}(?![\\w-])`).test(known)]),
    ),
    name,
    specs,
  )

describeWith(awsCliNeeds, 'The AWS CLI runs each operation:', () => {
  let emulator: EmulatorProcess
  let directory: TemporaryDirectory
  let aws: AwsCli
  let image: Pushed

  beforeAll(async () => {
    ;[emulator, directory] = await Promise.all([emulatorWithFindings(), temporaryDirectory()])
    const { endpoint } = emulator
    aws = awsCli({ endpoint })
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
    const ecr = new ECRClient({ endpoint, region: 'us-east-1', credentials })
    await createRepository(ecr, repositoryName)
    image = await pushImage(ecr, repositoryName, { imageTag: 'a' })
    await pushImage(ecr, repositoryName, { imageTag: 'b', layer: 'b' })
    const { digest, manifest } = image
    const subject = { mediaType: mediaTypes.ociManifest, digest, size: manifest.length }
    await pushImage(ecr, repositoryName, { rest: { artifactType: 'application/vnd.example.sbom', subject } })
    ecr.destroy()
  })
  afterAll(async () => {
    await directory[Symbol.asyncDispose]()
    await emulator[Symbol.asyncDispose]()
  })

  const ecr = (...args: string[]) => aws.json('ecr', ...args)
  const imageId = (tag: string) => ['--image-id', `imageTag=${tag}`]

  withCommands(['put-lifecycle-policy', 'start-lifecycle-policy-preview'], 'lifecycle policies', () => {
    const rules = [
      {
        rulePriority: 1,
        selection: { tagStatus: 'tagged', tagPatternList: ['*'], countType: 'imageCountMoreThan', countNumber: 1 },
        action: { type: 'expire' },
      },
    ]
    const text = JSON.stringify({ rules })

    it('The CLI puts a policy from a file, gets it and deletes it', async () => {
      const file = join(directory.path, 'policy.json')
      await writeFile(file, JSON.stringify({ rules }, null, 2))
      const policy = { registryId, repositoryName, lifecyclePolicyText: text }
      expect(await ecr('put-lifecycle-policy', ...named, '--lifecycle-policy-text', `file://${file}`)).toEqual(policy)
      expect(await ecr('get-lifecycle-policy', ...named)).toEqual({ ...policy, lastEvaluatedAt: time })
      expect(await ecr('delete-lifecycle-policy', ...named)).toEqual({ ...policy, lastEvaluatedAt: time })
      expect(await aws.refusal('ecr', 'get-lifecycle-policy', ...named)).toContain('LifecyclePolicyNotFoundException')
    })

    it('The CLI starts a preview, waits until it is complete and gets it', async () => {
      const started = await ecr('start-lifecycle-policy-preview', ...named, '--lifecycle-policy-text', text)
      expect(started).toMatchObject({ registryId, repositoryName, status: 'IN_PROGRESS' })
      await aws.text('ecr', 'wait', 'lifecycle-policy-preview-complete', ...named)
      expect(await ecr('get-lifecycle-policy-preview', ...named)).toMatchObject({
        status: 'COMPLETE',
        previewResults: [{ imageTags: ['a'], imageDigest: image.digest, action: { type: 'EXPIRE' } }],
        summary: { expiringImageTotalCount: 1 },
      })
    })
  })

  withCommands(['start-image-scan', 'put-registry-scanning-configuration'], 'scanning', () => {
    it('The CLI starts a scan, waits until it is complete and describes its findings', async () => {
      const started = await ecr('start-image-scan', ...named, ...imageId('a'))
      expect(started).toMatchObject({ registryId, repositoryName, imageId: { imageTag: 'a' } })
      await aws.text('ecr', 'wait', 'image-scan-complete', ...named, ...imageId('a'))
      expect(await ecr('describe-image-scan-findings', ...named, ...imageId('a'), '--page-size', '1')).toMatchObject({
        imageScanStatus: { status: 'COMPLETE' },
        imageScanFindings: {
          findings: [{ name: 'CVE-2026-0001', severity: 'CRITICAL' }, { severity: 'HIGH' }, { severity: 'LOW' }],
          findingSeverityCounts: { CRITICAL: 1, HIGH: 1, LOW: 1 },
        },
      })
    })

    it('The CLI configures the scanning of the registry and of a repository', async () => {
      const scanned = ['put-image-scanning-configuration', ...named, '--image-scanning-configuration']
      expect(await ecr(...scanned, 'scanOnPush=true')).toEqual({
        registryId,
        repositoryName,
        imageScanningConfiguration: { scanOnPush: true },
      })
      const rule = {
        scanFrequency: 'SCAN_ON_PUSH',
        repositoryFilters: [{ filter: 'team/*', filterType: 'WILDCARD' }],
      }
      const put = ['put-registry-scanning-configuration', '--scan-type', 'BASIC', '--rules', JSON.stringify([rule])]
      expect(await ecr(...put)).toEqual({
        registryScanningConfiguration: { scanType: 'BASIC', rules: [rule] },
      })
      expect(await ecr('get-registry-scanning-configuration')).toEqual({
        registryId,
        scanningConfiguration: { scanType: 'BASIC', rules: [rule] },
      })
      const names = ['--repository-names', repositoryName, 'team/gone']
      expect(await ecr('batch-get-repository-scanning-configuration', ...names)).toMatchObject({
        scanningConfigurations: [{ repositoryName, scanOnPush: true, scanFrequency: 'SCAN_ON_PUSH' }],
        failures: [{ repositoryName: 'team/gone', failureCode: 'REPOSITORY_NOT_FOUND' }],
      })
    })
  })

  withCommands(['create-repository-creation-template'], 'creation templates', () => {
    it('The CLI creates, describes, updates and deletes a template', async () => {
      const prefix = ['--prefix', 'team']
      const created = await ecr('create-repository-creation-template', ...prefix, '--applied-for', 'CREATE_ON_PUSH')
      expect(created).toMatchObject({
        registryId,
        repositoryCreationTemplate: { prefix: 'team', appliedFor: ['CREATE_ON_PUSH'], imageTagMutability: 'MUTABLE' },
      })
      const updated = ['update-repository-creation-template', ...prefix, '--image-tag-mutability', 'IMMUTABLE']
      expect(await ecr(...updated)).toMatchObject({ repositoryCreationTemplate: { imageTagMutability: 'IMMUTABLE' } })
      expect(await ecr('describe-repository-creation-templates', '--prefixes', 'team')).toMatchObject({
        repositoryCreationTemplates: [{ prefix: 'team', imageTagMutability: 'IMMUTABLE' }],
      })
      expect(await ecr('delete-repository-creation-template', ...prefix)).toMatchObject({
        repositoryCreationTemplate: { prefix: 'team' },
      })
    })
  })

  withCommands(['put-replication-configuration', 'describe-image-replication-status'], 'replication', () => {
    it('The CLI configures replication and describes the status of a tag that was pushed then', async () => {
      const destination = { region: 'eu-west-1', registryId }
      const replicationConfiguration = { rules: [{ destinations: [destination] }] }
      const put = ['put-replication-configuration', '--replication-configuration']
      expect(await ecr(...put, JSON.stringify(replicationConfiguration))).toEqual({ replicationConfiguration })
      expect(await ecr('describe-registry')).toEqual({ registryId, replicationConfiguration })
      const tagged = ['put-image', ...named, '--image-tag', 'copied', '--image-manifest', image.manifest]
      await ecr(...tagged)
      const status = async (): Promise<unknown> =>
        (await ecr('describe-image-replication-status', ...named, ...imageId('copied'))).replicationStatuses
      await expect.poll(status, { interval: 1000 }).toEqual([{ ...destination, status: 'COMPLETE' }])
      const copies = await awsCli({ endpoint: emulator.endpoint, region: 'eu-west-1' }).json(
        'ecr',
        'list-images',
        ...named,
      )
      expect(copies).toEqual({ imageIds: [{ imageDigest: image.digest, imageTag: 'copied' }] })
    })
  })

  withCommands(['start-replication-backfill', 'list-replication-backfills'], 'replication backfill', () => {
    it('The CLI starts a backfill, lists and describes it, and is refused to stop it when it has ended', async () => {
      const destination = { region: 'eu-central-1', registryId }
      const configuration = JSON.stringify({ rules: [{ destinations: [destination] }] })
      await ecr('put-replication-configuration', '--replication-configuration', configuration)
      const started = await ecr('start-replication-backfill', '--destination', JSON.stringify(destination))
      expect(started).toMatchObject({ status: 'PREPARING', destination })
      const status = async (): Promise<unknown> => (await ecr('list-replication-backfills')).backfills[0].status
      await expect.poll(status, { interval: 1000 }).toBe('COMPLETE')
      const id = ['--replication-backfill-id', started.replicationBackfillId as string]
      expect((await ecr('describe-replication-backfill-results', ...id)).results).toContainEqual({
        repositoryName,
        imageId: { imageDigest: image.digest, imageTag: 'a' },
        status: 'COMPLETE',
      })
      expect(await aws.refusal('ecr', 'stop-replication-backfill', ...id)).toContain(
        'ReplicationBackfillInvalidStatusException',
      )
    })
  })

  withCommands(['list-image-referrers'], 'referrers', () => {
    it('The CLI lists the referrers of an image', async () => {
      const subject = ['--subject-id', `imageDigest=${image.digest}`]
      expect(await ecr('list-image-referrers', ...named, ...subject)).toMatchObject({
        referrers: [{ artifactType: 'application/vnd.example.sbom', mediaType: mediaTypes.ociManifest }],
      })
    })
  })

  withCommands(['update-image-storage-class'], 'storage classes', () => {
    it('The CLI archives an image and lists it among the archived ones', async () => {
      const archived = await ecr(
        'update-image-storage-class',
        ...named,
        ...imageId('b'),
        '--target-storage-class',
        'ARCHIVE',
      )
      expect(archived).toMatchObject({ registryId, repositoryName, imageStatus: 'ARCHIVED' })
      expect(await ecr('describe-images', ...named, '--filter', 'imageStatus=ARCHIVED')).toMatchObject({
        imageDetails: [{ imageTags: ['b'], imageStatus: 'ARCHIVED', lastArchivedAt: time }],
      })
    })
  })

  withCommands(['register-pull-time-update-exclusion'], 'pull-time exclusions', () => {
    it('The CLI registers, lists and deregisters an exclusion', async () => {
      const principal = ['--principal-arn', `arn:aws:iam::${registryId}:role/scanner`]
      const refusal = await aws.refusal('ecr', 'deregister-pull-time-update-exclusion', ...principal)
      expect(refusal).toContain('ExclusionNotFoundException')
      await ecr('register-pull-time-update-exclusion', ...principal)
      expect(await ecr('list-pull-time-update-exclusions')).toEqual({ pullTimeUpdateExclusions: [principal[1]] })
      await ecr('deregister-pull-time-update-exclusion', ...principal)
      expect(await ecr('list-pull-time-update-exclusions')).toEqual({ pullTimeUpdateExclusions: [] })
    })
  })

  withCommands(['put-signing-configuration', 'describe-image-signing-status'], 'signing', () => {
    it('The CLI puts, gets and deletes a signing configuration, and describes the status of an image', async () => {
      const signingProfileArn = `arn:aws:signer:us-east-1:${registryId}:/signing-profiles/all`
      const signingConfiguration = { rules: [{ signingProfileArn }] }
      const put = ['put-signing-configuration', '--signing-configuration', JSON.stringify(signingConfiguration)]
      expect(await ecr(...put)).toMatchObject({ signingConfiguration })
      expect(await ecr('get-signing-configuration')).toEqual({ registryId, signingConfiguration })
      expect(await ecr('describe-image-signing-status', ...named, ...imageId('a'))).toMatchObject({
        registryId,
        repositoryName,
        signingStatuses: [],
      })
      expect(await ecr('delete-signing-configuration')).toMatchObject({ signingConfiguration })
    })
  })

  withCommands(['put-account-setting'], 'account settings', () => {
    it('The CLI puts and gets an account setting', async () => {
      const setting = { name: 'BLOB_MOUNTING', value: 'DISABLED' }
      expect(await ecr('put-account-setting', '--name', setting.name, '--value', setting.value)).toEqual(setting)
      expect(await ecr('get-account-setting', '--name', setting.name)).toEqual(setting)
    })
  })
})
