import { CreateRepositoryCommand, ECRClient } from '@aws-sdk/client-ecr'
import { LocalstackContainer } from '@testcontainers/localstack'

/*
 * What a test of a LocalStack user does, with the image `ecr-local`: starts it by Testcontainers, calls ECR at the
 * address that Testcontainers gives, and stops it. Prints what it was answered as JSON.
 */
const container = await new LocalstackContainer('ecr-local').start()
const endpoint = container.getConnectionUri()
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
const client = new ECRClient({ endpoint, region: 'us-east-1', credentials })
const { repository } = await client.send(new CreateRepositoryCommand({ repositoryName: 'team/app' }))
const health: unknown = await (await fetch(`${endpoint}/_localstack/health`)).json()
process.stdout.write(`${JSON.stringify({ endpoint, repositoryUri: repository?.repositoryUri, health })}\n`)
client.destroy()
await container.stop()
