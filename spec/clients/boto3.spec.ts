import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeWith } from '../support/describe-with.js'
import type { EmulatorProcess } from '../support/emulator-process.js'
import { mustRun, neutralEnvironment } from '../support/run-command.js'
import { emulatorWithFindings } from './findings.js'

const account = '000000000000'

/** Runs before every script: a client, an image as the API pushes one, and the answer of the script as JSON. */
const PRELUDE = `
import base64, boto3, botocore.exceptions, datetime, hashlib, json, os, sys
ecr = boto3.client('ecr')

def push_layer(repository, content):
    digest = 'sha256:' + hashlib.sha256(content).hexdigest()
    upload = ecr.initiate_layer_upload(repositoryName=repository)['uploadId']
    ecr.upload_layer_part(repositoryName=repository, uploadId=upload, partFirstByte=0,
                          partLastByte=len(content) - 1, layerPartBlob=content)
    try:
        ecr.complete_layer_upload(repositoryName=repository, uploadId=upload, layerDigests=[digest])
    except ecr.exceptions.LayerAlreadyExistsException:
        pass
    return {'digest': digest, 'size': len(content)}

def push_image(repository, tag, content):
    media = 'application/vnd.oci.image.'
    manifest = json.dumps({
        'schemaVersion': 2, 'mediaType': media + 'manifest.v1+json',
        'config': {'mediaType': media + 'config.v1+json', **push_layer(repository, b'{}')},
        'layers': [{'mediaType': media + 'layer.v1.tar+gzip', **push_layer(repository, content)}]})
    return ecr.put_image(repositoryName=repository, imageTag=tag, imageManifest=manifest)['image']['imageId']

def answer(value):
    print(json.dumps(value, default=str))
`

const interpreters = [
  ['boto3', 'python3'],
  ["the distribution's boto3", '/usr/bin/python3'],
] as const

const hasBoto3 = (command: string) =>
  (command === 'python3' || existsSync(command)) && spawnSync(command, ['-c', 'import boto3']).status === 0

for (const [name, command] of interpreters)
  describeWith({ [`${command} with boto3`]: hasBoto3(command) }, `Programs with ${name}`, () => {
    let emulator: EmulatorProcess

    beforeAll(async () => {
      emulator = await emulatorWithFindings()
      await python(`
for name in ('one', 'two', 'three'):
    ecr.create_repository(repositoryName='team/' + name)
for tag in ('a', 'b', 'c'):
    push_image('team/one', tag, tag.encode())
for prefix, host in (('ecr-public', 'public.ecr.aws'), ('kubernetes', 'registry.k8s.io'), ('quay', 'quay.io')):
    ecr.create_pull_through_cache_rule(ecrRepositoryPrefix=prefix, upstreamRegistryUrl=host)
answer(None)`)
    })
    afterAll(() => emulator[Symbol.asyncDispose]())

    /** Runs a script after the prelude and returns what it answers. */
    const python = async (script: string): Promise<unknown> => {
      const env = {
        ...neutralEnvironment(),
        AWS_ACCESS_KEY_ID: 'test',
        AWS_SECRET_ACCESS_KEY: 'test',
        AWS_DEFAULT_REGION: 'us-east-1',
        AWS_CONFIG_FILE: '/nonexistent/config',
        AWS_SHARED_CREDENTIALS_FILE: '/nonexistent/credentials',
        AWS_EC2_METADATA_DISABLED: 'true',
        ECR_ENDPOINT: emulator.endpoint,
      }
      // The distribution's boto3 may be older than AWS_ENDPOINT_URL, so the client is told.
      const prelude = PRELUDE.replace("('ecr')", "('ecr', endpoint_url=os.environ['ECR_ENDPOINT'])")
      return JSON.parse((await mustRun(command, ['-c', prelude + script], { env })).stdout)
    }

    it('boto3 creates, describes, tags and deletes a repository, with times as datetimes', async () => {
      expect(
        await python(`
created = ecr.create_repository(repositoryName='team/new', tags=[{'Key': 'team', 'Value': 'app'}])['repository']
arn = created['repositoryArn']
ecr.tag_resource(resourceArn=arn, tags=[{'Key': 'stage', 'Value': 'test'}])
ecr.untag_resource(resourceArn=arn, tagKeys=['team'])
ecr.put_image_tag_mutability(repositoryName='team/new', imageTagMutability='IMMUTABLE')
described = ecr.describe_repositories(repositoryNames=['team/new'])['repositories'][0]
tags = ecr.list_tags_for_resource(resourceArn=arn)['tags']
deleted = ecr.delete_repository(repositoryName='team/new')['repository']
answer({'arn': arn, 'mutability': described['imageTagMutability'], 'tags': tags, 'deleted': deleted['repositoryName'],
        'isTime': isinstance(created['createdAt'], datetime.datetime), 'isSame': created['createdAt'] == described['createdAt']})`),
      ).toEqual({
        arn: `arn:aws:ecr:us-east-1:${account}:repository/team/new`,
        mutability: 'IMMUTABLE',
        tags: [{ Key: 'stage', Value: 'test' }],
        deleted: 'team/new',
        isTime: true,
        isSame: true,
      })
    })

    it('boto3 pushes an image, gets its manifest and a layer, and deletes it', async () => {
      expect(
        await python(`
import urllib.request
image = push_image('team/two', 'latest', b'content')
got = ecr.batch_get_image(repositoryName='team/two', imageIds=[{'imageTag': 'latest'}, {'imageTag': 'gone'}])
digest = json.loads(got['images'][0]['imageManifest'])['layers'][0]['digest']
url = ecr.get_download_url_for_layer(repositoryName='team/two', layerDigest=digest)['downloadUrl']
detail = ecr.describe_images(repositoryName='team/two')['imageDetails'][0]
deleted = ecr.batch_delete_image(repositoryName='team/two', imageIds=[image])
answer({'layer': urllib.request.urlopen(url).read().decode(), 'failures': got['failures'], 'tags': detail['imageTags'],
        'isTime': isinstance(detail['imagePushedAt'], datetime.datetime), 'deleted': deleted['imageIds'] == [image]})`),
      ).toEqual({
        layer: 'content',
        failures: [
          { imageId: { imageTag: 'gone' }, failureCode: 'ImageNotFound', failureReason: 'Requested image not found' },
        ],
        tags: ['latest'],
        isTime: true,
        deleted: true,
      })
    })

    it('boto3 gets a token whose decoded form is a user and a password', async () => {
      expect(
        await python(`
data = ecr.get_authorization_token()['authorizationData'][0]
user, password = base64.b64decode(data['authorizationToken']).decode().split(':')
hours = (data['expiresAt'] - datetime.datetime.now(datetime.timezone.utc)).total_seconds() / 3600
answer({'user': user, 'hours': round(hours), 'endpoint': data['proxyEndpoint'], 'hasPassword': len(password) > 20})`),
      ).toEqual({ user: 'AWS', hours: 12, endpoint: `http://${emulator.registry}`, hasPassword: true })
    })

    it('boto3 raises the exception class of each refusal', async () => {
      const attempts = {
        RepositoryNotFoundException: "ecr.list_images(repositoryName='team/gone')",
        RepositoryAlreadyExistsException: "ecr.create_repository(repositoryName='team/one')",
        RepositoryNotEmptyException: "ecr.delete_repository(repositoryName='team/one')",
        RepositoryPolicyNotFoundException: "ecr.get_repository_policy(repositoryName='team/one')",
        RegistryPolicyNotFoundException: 'ecr.get_registry_policy()',
        LifecyclePolicyNotFoundException: "ecr.get_lifecycle_policy(repositoryName='team/one')",
        LifecyclePolicyPreviewNotFoundException: "ecr.get_lifecycle_policy_preview(repositoryName='team/one')",
        ImageNotFoundException: "ecr.describe_images(repositoryName='team/one', imageIds=[{'imageTag': 'gone'}])",
        ImageAlreadyExistsException: "push_image('team/one', 'a', b'a')",
        ScanNotFoundException: "ecr.describe_image_scan_findings(repositoryName='team/one', imageId={'imageTag': 'c'})",
        InvalidParameterException: "ecr.describe_repositories(repositoryNames=['Team/One'])",
        InvalidTagParameterException: "ecr.create_repository(repositoryName='xx', tags=[{'Key': '', 'Value': ''}])",
        LayersNotFoundException:
          "ecr.get_download_url_for_layer(repositoryName='team/one', layerDigest='sha256:' + '0' * 64)",
        UploadNotFoundException:
          "ecr.complete_layer_upload(repositoryName='team/one', uploadId='00000000-0000-4000-8000-000000000000', layerDigests=['sha256:' + '0' * 64])",
        PullThroughCacheRuleNotFoundException: "ecr.delete_pull_through_cache_rule(ecrRepositoryPrefix='gone')",
        PullThroughCacheRuleAlreadyExistsException:
          "ecr.create_pull_through_cache_rule(ecrRepositoryPrefix='quay', upstreamRegistryUrl='quay.io')",
        UnsupportedUpstreamRegistryException:
          "ecr.create_pull_through_cache_rule(ecrRepositoryPrefix='harbor', upstreamRegistryUrl='harbor.example.com')",
      }
      const outcomes = await python(`
outcomes = {}
for name, attempt in json.loads(${JSON.stringify(JSON.stringify(attempts))}).items():
    try:
        eval(attempt)
        outcomes[name] = 'not refused'
    except getattr(ecr.exceptions, name) as refusal:
        assert isinstance(refusal, botocore.exceptions.ClientError)
        response = refusal.response
        status = response['ResponseMetadata']['HTTPStatusCode']
        outcomes[name] = [response['Error']['Code'], status, response['Error']['Message'] != '']
    except botocore.exceptions.ClientError as refusal:
        outcomes[name] = str(refusal)
answer(outcomes)`)
      expect(outcomes).toEqual(Object.fromEntries(Object.keys(attempts).map((name) => [name, [name, 400, true]])))
    })

    it('boto3 reads the members of an exception from its response', async () => {
      expect(
        await python(`
upload = ecr.initiate_layer_upload(repositoryName='team/three')['uploadId']
try:
    ecr.upload_layer_part(repositoryName='team/three', uploadId=upload, partFirstByte=5, partLastByte=8, layerPartBlob=b'late')
except ecr.exceptions.InvalidLayerPartException as refusal:
    response = refusal.response
    answer({name: response[name] for name in ('registryId', 'repositoryName', 'lastValidByteReceived')})`),
      ).toEqual({ registryId: account, repositoryName: 'team/three', lastValidByteReceived: -1 })
    })

    it('boto3 pages through every operation it has a paginator for, as it lists them in one call', async () => {
      const calls = {
        list_images: [{ repositoryName: 'team/one' }, 'imageIds', 3],
        describe_images: [{ repositoryName: 'team/one' }, 'imageDetails', 3],
        describe_repositories: [{}, 'repositories', 3],
        describe_pull_through_cache_rules: [{}, 'pullThroughCacheRules', 3],
        describe_repository_creation_templates: [{}, 'repositoryCreationTemplates', 2],
        get_lifecycle_policy_preview: [{ repositoryName: 'team/one' }, 'previewResults', 2],
        describe_image_scan_findings: [{ repositoryName: 'team/one', imageId: { imageTag: 'a' } }, 'findings', 3],
      }
      const outcomes = await python(`
calls = json.loads(${JSON.stringify(JSON.stringify(calls))})
rule = {'rulePriority': 1, 'selection': {'tagStatus': 'any', 'countType': 'imageCountMoreThan', 'countNumber': 1},
        'action': {'type': 'expire'}}
ecr.start_lifecycle_policy_preview(repositoryName='team/one', lifecyclePolicyText=json.dumps({'rules': [rule]}))
ecr.get_waiter('lifecycle_policy_preview_complete').wait(repositoryName='team/one', WaiterConfig={'Delay': 1})
ecr.start_image_scan(repositoryName='team/one', imageId={'imageTag': 'a'})
ecr.get_waiter('image_scan_complete').wait(repositoryName='team/one', imageId={'imageTag': 'a'}, WaiterConfig={'Delay': 1})
if hasattr(ecr, 'create_repository_creation_template'):
    for prefix in ('team', 'ROOT'):
        ecr.create_repository_creation_template(prefix=prefix, appliedFor=['REPLICATION'])
operations = [name for name in dir(ecr) if name in ecr.meta.method_to_api_mapping and ecr.can_paginate(name)]
outcomes = {}
for name in operations:
    args, member, count = calls[name]
    pages = list(ecr.get_paginator(name).paginate(**args, PaginationConfig={'PageSize': 1}))
    listed = lambda page: page.get('imageScanFindings', page)[member]
    items = [item for page in pages for item in listed(page)]
    whole = listed(getattr(ecr, name)(**args))
    outcomes[name] = len(items) == count and items == whole
answer([sorted(operations), outcomes])`)
      const [operations, results] = outcomes as [string[], Record<string, boolean>]
      expect(operations).toEqual(expect.arrayContaining(['describe_images', 'get_lifecycle_policy_preview']))
      expect(results).toEqual(Object.fromEntries(operations.map((operation) => [operation, true])))
    })

    it("boto3's waiter raises a WaiterError for a scan that was never started", async () => {
      expect(
        await python(`
try:
    ecr.get_waiter('image_scan_complete').wait(repositoryName='team/one', imageId={'imageTag': 'b'}, WaiterConfig={'Delay': 1})
except botocore.exceptions.WaiterError as error:
    answer(error.last_response['Error']['Code'])`),
      ).toBe('ScanNotFoundException')
    })
  })
