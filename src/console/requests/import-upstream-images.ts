import { BatchGetImageCommand, type BatchGetImageResponse, type ECRClient } from '@aws-sdk/client-ecr'

/**
 * Calls BatchImportUpstreamImage, an operation of ecr-local that the SDK lacks. It has the members of BatchGetImage, so
 * only the target differs.
 */
export function batchImportUpstreamImage(
  client: ECRClient,
  input: BatchGetImageCommand['input'],
): Promise<BatchGetImageResponse> {
  const command = new BatchGetImageCommand(input)
  command.middlewareStack.add(
    (next) => (args) => {
      const { headers } = args.request as { headers: Record<string, string> }
      headers['x-amz-target'] = 'AmazonEC2ContainerRegistry_V20150921.BatchImportUpstreamImage'
      return next(args)
    },
    { step: 'build' },
  )
  return client.send(command)
}
