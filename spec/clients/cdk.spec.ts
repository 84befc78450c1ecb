import {
  CreateRepositoryCommand,
  DeleteRepositoryCommand,
  DescribeImagesCommand,
  DescribeRepositoriesCommand,
  ECRClient,
  GetLifecyclePolicyCommand,
  GetRepositoryPolicyCommand,
  ListTagsForResourceCommand,
  PutLifecyclePolicyCommand,
  SetRepositoryPolicyCommand,
  TagResourceCommand,
} from '@aws-sdk/client-ecr'
import { writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeWith, dockerNeeds } from '../support/describe-with.js'
import { type DockerDaemon, dockerDaemon } from '../support/docker-daemon.js'
import { type EmulatorProcess, emulatorProcess } from '../support/emulator-process.js'
import { tar } from '../support/images.js'
import { neutralEnvironment, runCommand } from '../support/run-command.js'
import { temporaryDirectory, type TemporaryDirectory } from '../support/temporary-directory.js'

/* What the AWS CDK needs of ECR: the repository of `cdk bootstrap`, and the images that `cdk-assets` publishes to it. */

const account = '111122223333'
const region = 'us-east-1'
const repositoryName = `cdk-hnb659fds-container-assets-${account}-${region}`
const repositoryArn = `arn:aws:ecr:${region}:${account}:repository/${repositoryName}`
const roleName = `cdk-hnb659fds-image-publishing-role-${account}-${region}`
const roleArn = `arn:aws:iam::${account}:role/${roleName}`
const policy = (...Statement: object[]) => ({ Version: '2012-10-17', Statement })
const administrator = { accessKeyId: 'AKIAADMINISTRATOR000', secretAccessKey: 'secret' }
const developer = { accessKeyId: 'AKIADEVELOPER0000000', secretAccessKey: 'secret' }

/** The role has the permissions that the template of `cdk bootstrap` gives it; the developer may only assume it. */
const accounts = {
  [account]: {
    users: {
      administrator: {
        accessKeys: { [administrator.accessKeyId]: administrator.secretAccessKey },
        policies: [policy({ Effect: 'Allow', Action: '*', Resource: '*' })],
      },
      developer: {
        accessKeys: { [developer.accessKeyId]: developer.secretAccessKey },
        policies: [
          policy({ Effect: 'Allow', Action: 'sts:AssumeRole', Resource: `arn:aws:iam::${account}:role/cdk-*` }),
        ],
      },
    },
    roles: {
      [roleName]: {
        trustPolicy: policy({
          Effect: 'Allow',
          Principal: { AWS: `arn:aws:iam::${account}:root` },
          Action: 'sts:AssumeRole',
        }),
        policies: [
          policy(
            {
              Effect: 'Allow',
              Action: [
                'ecr:PutImage',
                'ecr:InitiateLayerUpload',
                'ecr:UploadLayerPart',
                'ecr:CompleteLayerUpload',
                'ecr:BatchCheckLayerAvailability',
                'ecr:DescribeRepositories',
                'ecr:DescribeImages',
                'ecr:BatchGetImage',
                'ecr:GetDownloadUrlForLayer',
              ],
              Resource: repositoryArn,
            },
            { Effect: 'Allow', Action: 'ecr:GetAuthorizationToken', Resource: '*' },
          ),
        ],
      },
    },
  },
}

const clientOf = ({ endpoint }: EmulatorProcess) => new ECRClient({ endpoint, region, credentials: administrator })

/** The texts of the template, whose lifecycle policy is a block of YAML and so has line breaks. */
const lifecyclePolicyText = `{
  "rules": [
    {
      "rulePriority": 1,
      "description": "Untagged images should not exist, but expire any older than one year",
      "selection": {
        "tagStatus": "untagged",
        "countType": "sinceImagePushed",
        "countUnit": "days",
        "countNumber": 365
      },
      "action": { "type": "expire" }
    }
  ]
}
`
const imageRetrieval = (Sid: string, service: string, resource: string, ...more: string[]) => ({
  Sid,
  Effect: 'Allow',
  Principal: { Service: `${service}.amazonaws.com` },
  Action: ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer', ...more],
  Condition: { StringLike: { 'aws:sourceArn': `arn:aws:${service}:${region}:${account}:${resource}` } },
})
const repositoryPolicy = policy(
  imageRetrieval('LambdaECRImageRetrievalPolicy', 'lambda', 'function:*'),
  imageRetrieval('EmrServerlessImageRetrievalPolicy', 'emr-serverless', '/applications/*', 'ecr:DescribeImages'),
)

/** Creates the repository of `cdk bootstrap` with the calls that CloudFormation makes for it. */
async function bootstrap(ecr: ECRClient): Promise<void> {
  await ecr.send(new CreateRepositoryCommand({ repositoryName, imageTagMutability: 'IMMUTABLE' }))
  await ecr.send(new PutLifecyclePolicyCommand({ repositoryName, lifecyclePolicyText }))
  const policyText = JSON.stringify(repositoryPolicy)
  await ecr.send(new SetRepositoryPolicyCommand({ repositoryName, policyText, force: true }))
  const tags = [{ Key: 'aws-cdk:bootstrap-role', Value: 'image-publishing' }]
  await ecr.send(new TagResourceCommand({ resourceArn: repositoryArn, tags }))
}

describe('cdk bootstrap', () => {
  it('The repository for container assets has what the template of cdk bootstrap says', async () => {
    await using emulator = await emulatorProcess({ config: { accounts } })
    const ecr = clientOf(emulator)
    await bootstrap(ecr)

    const { repositories } = await ecr.send(new DescribeRepositoriesCommand({ repositoryNames: [repositoryName] }))
    expect(repositories).toMatchObject([{ repositoryArn, imageTagMutability: 'IMMUTABLE' }])
    const lifecycle = await ecr.send(new GetLifecyclePolicyCommand({ repositoryName }))
    expect(lifecycle.lifecyclePolicyText).toBe(JSON.stringify(JSON.parse(lifecyclePolicyText)))
    const { policyText } = await ecr.send(new GetRepositoryPolicyCommand({ repositoryName }))
    expect(JSON.parse(policyText!)).toEqual(repositoryPolicy)
    const { tags } = await ecr.send(new ListTagsForResourceCommand({ resourceArn: repositoryArn }))
    expect(tags).toEqual([{ Key: 'aws-cdk:bootstrap-role', Value: 'image-publishing' }])
    ecr.destroy()
  })
})

const program = join(dirname(createRequire(import.meta.url).resolve('cdk-assets/package.json')), 'bin/cdk-assets')
const imageTag = 'a0b1c2d3e4f5a0b1c2d3e4f5a0b1c2d3e4f5a0b1c2d3e4f5a0b1c2d3e4f5a0b1'

/** An assembly whose image comes from a command, so that nothing is downloaded for it. */
const assembly = {
  version: '53.0.0',
  dockerImages: {
    [imageTag]: {
      displayName: 'App',
      source: { executable: ['sh', '-c', 'docker import files.tar asset >/dev/null && echo asset'] },
      destinations: {
        'current_account-current_region': { region, repositoryName, imageTag, assumeRoleArn: roleArn },
      },
    },
  },
}

describeWith(dockerNeeds, 'cdk-assets', () => {
  let emulator: EmulatorProcess
  let daemon: DockerDaemon
  let directory: TemporaryDirectory
  let ecr: ECRClient

  beforeAll(async () => {
    ;[emulator, daemon, directory] = await Promise.all([
      emulatorProcess({ config: { accounts } }),
      dockerDaemon(),
      temporaryDirectory(),
    ])
    ecr = clientOf(emulator)
    await ecr.send(new CreateRepositoryCommand({ repositoryName, imageTagMutability: 'IMMUTABLE' }))
    // The daemon reaches the ports of this machine that a command has named.
    await daemon.docker('logout', emulator.registry)
    await writeFile(join(directory.path, 'files.tar'), tar({ 'message.txt': Buffer.from('asset') }))
    await writeAssembly(JSON.stringify(assembly))
  })
  afterAll(async () => {
    ecr.destroy()
    await directory[Symbol.asyncDispose]()
    await daemon[Symbol.asyncDispose]()
    await emulator[Symbol.asyncDispose]()
  })

  const writeAssembly = (text: string) => writeFile(join(directory.path, 'assets.json'), text)

  const publish = () =>
    runCommand(process.execPath, [program, 'publish', '--verbose', '--path', directory.path], {
      env: {
        ...neutralEnvironment(),
        DOCKER_HOST: daemon.environment.DOCKER_HOST,
        DOCKER_CONFIG: daemon.environment.DOCKER_CONFIG,
        HOME: directory.path,
        AWS_ENDPOINT_URL_ECR: emulator.endpoint,
        AWS_ENDPOINT_URL_STS: emulator.endpoint,
        AWS_REGION: region,
        AWS_ACCESS_KEY_ID: developer.accessKeyId,
        AWS_SECRET_ACCESS_KEY: developer.secretAccessKey,
        AWS_EC2_METADATA_DISABLED: 'true',
      },
    })

  it('cdk-assets assumes the publishing role, logs Docker in and pushes the image', async () => {
    const { exitCode, stderr } = await publish()
    expect(stderr).toContain('success: Published App')
    expect(exitCode).toBe(0)
    const { imageDetails } = await ecr.send(new DescribeImagesCommand({ repositoryName, imageIds: [{ imageTag }] }))
    expect(imageDetails).toMatchObject([{ imageTags: [imageTag] }])
  })

  it('cdk-assets finds the published image and pushes nothing again', async () => {
    const { exitCode, stderr } = await publish()
    expect(stderr).toContain('found: Found')
    expect(stderr).not.toContain('docker')
    expect(exitCode).toBe(0)
  })

  it('cdk-assets shows the refusal of a repository that the role has no permission for', async () => {
    await writeAssembly(JSON.stringify(assembly).replaceAll('container-assets', 'other-assets'))
    const { exitCode, stderr } = await publish()
    expect(stderr).toContain('because no identity-based policy allows the ecr:DescribeRepositories action')
    expect(exitCode).toBe(1)
  })

  it('cdk-assets says that the environment lacks a bootstrap when there is no repository', async () => {
    await ecr.send(new DeleteRepositoryCommand({ repositoryName, force: true }))
    await writeAssembly(JSON.stringify(assembly))
    const { exitCode, stderr } = await publish()
    expect(stderr).toContain('Is this account bootstrapped?')
    expect(exitCode).toBe(1)
  })
})
