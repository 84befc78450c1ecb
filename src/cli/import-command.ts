import { BatchGetImageCommand, ECRClient, ECRServiceException } from '@aws-sdk/client-ecr'
import type { Image, ImageIdentifier } from '@aws-sdk/client-ecr'
import { describesAccessKeys } from '../access/credentials.js'
import { clientHost, schemeOf } from '../compose/plane-addresses.js'
import type { Config } from '../config/config.js'
import { UsageError } from '../config/usage-error.js'
import { formatCount } from '../registry/amounts.js'
import { parseImageReference, type ReferencedImage } from '../registry/images/image-reference.js'
import { noAnswerText } from './connection-errors.js'

/** An image to import. */
export interface NamedImage extends ReferencedImage {
  /** The image as the user typed it. */
  readonly reference: string
}

/** The inputs of an import, in addition to the settings. */
export interface ImportOptions {
  readonly images: readonly string[]
  readonly environment: NodeJS.ProcessEnv
  /** Receives progress: a line when an import begins, more lines while it takes long, one when it has ended. */
  readonly write: (text: string) => void
  /** The interval of progress lines. */
  readonly reportEveryMs?: number
}

type ImportConfig = Pick<Config, 'host' | 'port' | 'tlsCert' | 'accounts'>

/** The default interval of progress lines. */
const REPORT_EVERY_MS = 10_000

/**
 * Imports images from their upstream into the emulator that runs with these settings, one after another, with signed
 * calls of BatchImportUpstreamImage. Resolves with whether all were imported. Throws UsageError if no emulator answers
 * or there are no credentials to sign with.
 */
export async function importImages(config: ImportConfig, options: ImportOptions): Promise<boolean> {
  const namedImages = options.images.map(namedImage)
  const client = await clientFor(config, options.environment)
  let failed = 0
  for (const image of namedImages) if (!(await importOne(client, image, config, options))) failed++
  return failed === 0
}

/** The image that an argument names. Throws UsageError. */
export function namedImage(reference: string): NamedImage {
  const image = parseImageReference(reference)
  if (!image)
    throw new UsageError(
      `${reference} is not an image: expected repository:tag or repository@sha256:…, such as ecr-public/nginx/nginx:latest`,
    )
  return { reference, ...image }
}

async function clientFor({ host, port, tlsCert, accounts }: ImportConfig, environment: NodeJS.ProcessEnv) {
  if (port === 0) throw new UsageError('Which emulator should import? Give its port with --port: 0 is not a port')
  const { AWS_ACCESS_KEY_ID, AWS_PROFILE, AWS_REGION, AWS_DEFAULT_REGION } = environment
  const hasOwn = Boolean(AWS_ACCESS_KEY_ID ?? AWS_PROFILE)
  if (!hasOwn && describesAccessKeys(accounts))
    throw new UsageError(
      'ecr-local import signs its call: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE',
    )
  const region = AWS_REGION ?? AWS_DEFAULT_REGION
  const options = {
    endpoint: endpointOf({ host, port, tlsCert }),
    // An import may take long; a retry would start a second one.
    maxAttempts: 1,
    ...(!hasOwn && { credentials: { accessKeyId: 'test', secretAccessKey: 'test' } }),
  }
  if (region !== undefined) return new ECRClient({ ...options, region })
  const byProfile = await new ECRClient(options).config.region().catch(() => 'us-east-1')
  return new ECRClient({ ...options, region: byProfile })
}

async function importOne(
  client: ECRClient,
  { reference, repositoryName, imageId }: NamedImage,
  config: ImportConfig,
  { write, reportEveryMs = REPORT_EVERY_MS }: ImportOptions,
): Promise<boolean> {
  const begun = performance.now()
  const elapsed = () => `${((performance.now() - begun) / 1000).toFixed(1)} s`
  write(`${reference}  importing\n`)
  const progress = setInterval(() => write(`${reference}  still importing, ${elapsed()}\n`), reportEveryMs)
  try {
    const { images: [image] = [], failures: [failure] = [] } = await batchImport(client, repositoryName, imageId)
    if (image) write(`${reference}  ${described(image)}, ${elapsed()}\n`)
    else write(`${reference}  failed: ${failure?.failureCode ?? 'no answer'}: ${failure?.failureReason ?? ''}\n`)
    return image !== undefined
  } catch (error) {
    if (!(error instanceof ECRServiceException)) throw unreachable(config, error)
    write(`${reference}  failed: ${error.name}: ${error.message}\n`)
    return false
  } finally {
    clearInterval(progress)
  }
}

/**
 * The SDK does not know BatchImportUpstreamImage, which is ours; it has BatchGetImage's members, so only the target
 * differs.
 */
function batchImport(client: ECRClient, repositoryName: string, imageId: ImageIdentifier) {
  const command = new BatchGetImageCommand({ repositoryName, imageIds: [imageId] })
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

/** The digest and, for an index, the number of its platforms. Attestations have no platform. */
function described({ imageId, imageManifest = '{}' }: Image): string {
  const { manifests } = JSON.parse(imageManifest) as { manifests?: { platform?: { os?: string } }[] }
  const platforms = manifests?.filter(({ platform }) => platform?.os !== 'unknown').length
  const shape = platforms === undefined ? '' : `, ${formatCount(platforms, 'platform')}`
  return `imported ${imageId?.imageDigest ?? ''}${shape}`
}

const endpointOf = ({ host, port, tlsCert }: Pick<ImportConfig, 'host' | 'port' | 'tlsCert'>) =>
  `${schemeOf({ tlsCert })}://${clientHost(host)}:${port}`

function unreachable(config: ImportConfig, error: unknown): UsageError {
  const { name, message } = error as Error
  return new UsageError(
    name === 'CredentialsProviderError'
      ? `ecr-local import found no credentials to sign with: ${message}`
      : noAnswerText(endpointOf(config), error),
  )
}
