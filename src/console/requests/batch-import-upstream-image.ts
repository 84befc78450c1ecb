import {
  BatchGetImageCommand,
  type BatchGetImageCommandInput,
  type BatchGetImageCommandOutput,
  type ECRClient,
} from '@aws-sdk/client-ecr'

/** The images to check or to import: the members that BatchGetImage has. */
export type BatchImportUpstreamImageInput = Pick<
  BatchGetImageCommandInput,
  'registryId' | 'repositoryName' | 'imageIds'
>

/** The images as they are now, and of each that failed the reason, which is the upstream's where there is one. */
export type BatchImportUpstreamImageOutput = Pick<BatchGetImageCommandOutput, 'images' | 'failures'>

/**
 * Asks the upstream about these images now, whenever it was asked last, and imports what is new. Answers when that is
 * complete: at once if nothing has changed. The SDK does not know this operation, which is ours; it has the members of
 * BatchGetImage, so only the target differs.
 */
export function batchImportUpstreamImage(
  client: ECRClient,
  input: BatchImportUpstreamImageInput,
): Promise<BatchImportUpstreamImageOutput> {
  const command = new BatchGetImageCommand(input)
  command.middlewareStack.add(
    (next) => (args) => {
      const { headers } = args.request as { headers: Record<string, string> }
      headers['x-amz-target'] = 'AmazonEC2ContainerRegistry_V20150921.BatchImportUpstreamImage'
      return next(args)
    },
    // Before the request is signed.
    { step: 'build' },
  )
  return client.send(command)
}
