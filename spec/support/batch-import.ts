import { BatchGetImageCommand, type ECRClient } from '@aws-sdk/client-ecr'

/**
 * Calls BatchImportUpstreamImage, which the SDK lacks. It has the members of BatchGetImage, so only the target differs.
 */
export function batchImport(ecr: ECRClient, input: BatchGetImageCommand['input']) {
  const command = new BatchGetImageCommand(input)
  command.middlewareStack.add(
    (next) => (args) => {
      const { headers } = args.request as { headers: Record<string, string> }
      headers['x-amz-target'] = 'AmazonEC2ContainerRegistry_V20150921.BatchImportUpstreamImage'
      return next(args)
    },
    { step: 'build' },
  )
  return ecr.send(command)
}
