import {
  DescribeImageReplicationStatusCommand,
  DescribeImagesCommand,
  PutRegistryPolicyCommand,
} from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { account, region } from '../support/emulator.js'
import { createRepository, pushImage } from '../support/push.js'
import { silent } from '../support/silent-log.js'
import { configureReplication, otherAccount, startReplicating } from '../support/replication.js'

const repositoryName = 'team/app'

/** A registry policy of the other account that lets this one do these things. */
const allowing = (Action: string[], more: object = {}) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'replication',
        Effect: 'Allow',
        Principal: { AWS: `arn:aws:iam::${account}:root` },
        Action,
        Resource: `arn:aws:ecr:${region}:${otherAccount}:repository/*`,
        ...more,
      },
    ],
  })

/** Pushes an image that is replicated to the other account, and returns the status and what arrived. */
async function replicateTo({ policyText, hasRepository }: { policyText?: string; hasRepository?: true }) {
  await using emulator = await startReplicating()
  const other = emulator.as('AKIDOTHER')
  await createRepository(emulator.ecr)
  if (hasRepository) await createRepository(other)
  if (policyText !== undefined) await other.send(new PutRegistryPolicyCommand({ policyText }))
  await configureReplication(emulator.ecr, [{ region, registryId: otherAccount }])
  const { digest } = await pushImage(emulator.ecr, repositoryName, { imageTag: 'v1' })
  await emulator.settle()
  const describeStatus = new DescribeImageReplicationStatusCommand({ repositoryName, imageId: { imageTag: 'v1' } })
  const { replicationStatuses } = await emulator.ecr.send(describeStatus)
  const images = await other.send(new DescribeImagesCommand({ repositoryName })).catch((error: Error) => error)
  return {
    status: replicationStatuses?.[0],
    arrived: images instanceof Error ? images.name : images.imageDetails?.map(({ imageDigest }) => imageDigest),
    digest,
    events: await emulator.eventsOf('ECR Replication Action'),
  }
}

const complete = { region, registryId: otherAccount, status: 'COMPLETE' }
const denied = { region, registryId: otherAccount, status: 'FAILED', failureCode: 'AccessDenied' }

describe('replication to another account', () => {
  it('The registry policy of the destination allows it, and creating the repository', async () => {
    const policyText = allowing(['ecr:ReplicateImage', 'ecr:CreateRepository'])
    const { status, arrived, digest, events } = await replicateTo({ policyText })
    expect(status).toEqual(complete)
    expect(arrived).toEqual([digest])
    expect(events).toMatchObject([{ account: otherAccount, detail: { 'source-account': account } }])
  })

  it('Without a registry policy it fails, and the event in the destination says so', async () => {
    const { status, arrived, events } = await replicateTo({})
    expect(status).toEqual(denied)
    expect(arrived).toBe('RepositoryNotFoundException')
    expect(events).toMatchObject([{ account: otherAccount, detail: { result: 'FAILED', 'source-account': account } }])
  })

  it('A repository that is missing needs the permission to create it', async () => {
    const { status, arrived } = await replicateTo({ policyText: allowing(['ecr:ReplicateImage']) })
    expect(status).toEqual(denied)
    expect(arrived).toBe('RepositoryNotFoundException')
  })

  it('A repository that exists needs the permission to replicate only', async () => {
    const policyText = allowing(['ecr:ReplicateImage'])
    const { status, arrived, digest } = await replicateTo({ policyText, hasRepository: true })
    expect(status).toEqual(complete)
    expect(arrived).toEqual([digest])
  })

  it('A policy for other repositories or other accounts does not allow it', async () => {
    const actions = ['ecr:ReplicateImage', 'ecr:CreateRepository']
    const Resource = `arn:aws:ecr:${region}:${otherAccount}:repository/other/*`
    expect((await replicateTo({ policyText: allowing(actions, { Resource }) })).status).toEqual(denied)
    const Principal = { AWS: 'arn:aws:iam::999988887777:root' }
    expect((await replicateTo({ policyText: allowing(actions, { Principal }) })).status).toEqual(denied)
  })

  it('A denial is logged with an id under which it can be explained', async () => {
    const warnings: { facts: object; message: string }[] = []
    const log = { ...silent, warn: (facts: object, message: string) => void warnings.push({ facts, message }) }
    await using emulator = await startReplicating({ log })
    await createRepository(emulator.ecr)
    await configureReplication(emulator.ecr, [{ region, registryId: otherAccount }])
    await pushImage(emulator.ecr, repositoryName, { imageTag: 'v1' })
    await emulator.settle()
    const [{ facts, message } = { facts: {}, message: '' }] = warnings
    expect(facts).toMatchObject({ action: 'ecr:ReplicateImage', repository: repositoryName })
    const [, requestId = ''] = /ecr-local explain ([0-9a-f-]+) says why/.exec(message) ?? []
    expect(emulator.deps.decisions.find(requestId)?.decisions).toMatchObject([
      { question: { action: 'ecr:ReplicateImage', resourceAccount: otherAccount }, decision: { allowed: false } },
    ])
  })

  it('A policy may name the service-linked role of the source', async () => {
    const AWS = `arn:aws:iam::${account}:role/aws-service-role/replication.ecr.amazonaws.com/AWSServiceRoleForECRReplication`
    const policyText = allowing(['ecr:*'], { Principal: { AWS } })
    expect((await replicateTo({ policyText })).status).toEqual(complete)
  })
})
