import { BatchGetImageCommand, ECRClient, ECRServiceException } from '@aws-sdk/client-ecr'
import type { Image, ImageIdentifier } from '@aws-sdk/client-ecr'
import { defaultAccount, describesAccessKeys } from '../access/credentials.js'
import { endpointOf } from '../compose/plane-addresses.js'
import type { Config } from '../config/config.js'
import { regionIn } from '../config/read-config.js'
import { UsageError } from '../config/usage-error.js'
import { formatCount } from '../registry/amounts.js'
import type { ReportStep } from '../registry/ports/progress.js'
import { parseImageReference, type ReferencedImage } from '../registry/images/image-reference.js'
import { DEFAULT_REGION } from '../registry/registry.js'
import { noAnswerText } from './connection-errors.js'
import { notEcrLocal } from './plane-client.js'

/** An image to import. */
export interface NamedImage extends ReferencedImage {
  /** The image as the user typed it. */
  readonly reference: string
}

/** The inputs of an import, in addition to the settings. */
export interface ImportOptions {
  readonly images: readonly string[]
  readonly environment: NodeJS.ProcessEnv
  /** Receives a line for each image that was imported, or was not. */
  readonly write: (text: string) => void
  /** Receives the image that is being imported, which may take minutes. */
  readonly report?: ReportStep
  /** Whether each line is one of JSON. */
  readonly json?: boolean
}

type ImportConfig = Pick<Config, 'host' | 'port' | 'tlsCert' | 'accounts'>

/**
 * Imports images from their upstream into the emulator that runs with these settings, one after another, with signed
 * calls of BatchImportUpstreamImage. Resolves with whether all were imported. Throws UsageError if no emulator answers
 * or there are no credentials to sign with.
 */
export async function importImages(config: ImportConfig, options: ImportOptions): Promise<boolean> {
  const namedImages = options.images.map(namedImage)
  const client = await clientFor(config, options.environment)
  const lineOf = options.json ? jsonLine : textLine
  let failed = 0
  for (const [done, image] of namedImages.entries()) {
    options.report?.({ doing: `Importing ${image.reference}`, done, total: namedImages.length })
    const begun = performance.now()
    const outcome = await importOne(client, image, config)
    options.write(`${lineOf(image, outcome, (performance.now() - begun) / 1000)}\n`)
    if ('code' in outcome) failed++
  }
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
  const { AWS_ACCESS_KEY_ID, AWS_PROFILE } = environment
  const { accessKeyId, secretAccessKey } = defaultAccount
  const hasOwn = Boolean(AWS_ACCESS_KEY_ID ?? AWS_PROFILE)
  if (!hasOwn && describesAccessKeys(accounts))
    throw new UsageError(
      'ecr-local import signs its call: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE',
    )
  const region = regionIn(environment)
  const options = {
    endpoint: endpointOf({ host, port, tlsCert }),
    // An import may take long; a retry would start a second one.
    maxAttempts: 1,
    ...(!hasOwn && { credentials: { accessKeyId, secretAccessKey } }),
  }
  if (region !== undefined) return new ECRClient({ ...options, region })
  const byProfile = await new ECRClient(options).config.region().catch(() => DEFAULT_REGION)
  return new ECRClient({ ...options, region: byProfile })
}

/** What became of an image. */
type Outcome = Imported | { readonly code: string; readonly message: string }

interface Imported {
  readonly digest: string
  /** Of an index; an image alone does not say in its manifest what it is for. */
  readonly platforms?: number
}

async function importOne(
  client: ECRClient,
  { repositoryName, imageId }: NamedImage,
  config: ImportConfig,
): Promise<Outcome> {
  try {
    const { images: [image] = [], failures: [failure] = [] } = await batchImport(client, repositoryName, imageId)
    if (image) return imported(image)
    return { code: failure?.failureCode ?? 'no answer', message: failure?.failureReason ?? '' }
  } catch (error) {
    if (!(error instanceof ECRServiceException)) throw unreachable(config, error)
    return { code: error.name, message: error.message }
  }
}

function textLine({ reference }: NamedImage, outcome: Outcome, seconds: number): string {
  if ('code' in outcome) return `${reference}  failed: ${outcome.code}: ${outcome.message}`
  const { digest, platforms } = outcome
  const shape = platforms === undefined ? '' : `, ${formatCount(platforms, 'platform')}`
  return `${reference}  imported ${digest}${shape}, ${seconds.toFixed(1)} s`
}

function jsonLine({ reference }: NamedImage, outcome: Outcome, seconds: number): string {
  const imported = !('code' in outcome)
  return JSON.stringify({ image: reference, imported, ...outcome, seconds: Number(seconds.toFixed(3)) })
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
function imported({ imageId, imageManifest = '{}' }: Image): Imported {
  const { manifests } = JSON.parse(imageManifest) as { manifests?: { platform?: { os?: string } }[] }
  const platforms = manifests?.filter(({ platform }) => platform?.os !== 'unknown').length
  return { digest: imageId?.imageDigest ?? '', ...(platforms !== undefined && { platforms }) }
}

function unreachable(config: ImportConfig, error: unknown): UsageError {
  const { name, message, $response } = error as Error & { readonly $response?: unknown }
  if (name === 'CredentialsProviderError')
    return new UsageError(`ecr-local import found no credentials to sign with: ${message}`)
  // The SDK adds the response to an error if it could not read it.
  if ($response !== undefined) return notEcrLocal(endpointOf(config))
  return new UsageError(noAnswerText(endpointOf(config), error))
}
