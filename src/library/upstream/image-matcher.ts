import { UsageError } from '../../config/usage-error.js'
import type { Content } from './upstream-content.js'
import type { RegistryCall } from './upstream-server.js'

/** Whether a call is for a repository or for one of its images, named as `library/nginx:latest`. */
export type ImageMatcher = (image: string, call: RegistryCall) => boolean

/** Names of OCI: https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests */
const REPOSITORY = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*)*'
const TAG = '[A-Za-z0-9_][A-Za-z0-9._-]{0,127}'
const IMAGE = new RegExp(`^(${REPOSITORY})(?::(${TAG})|@(sha256:[a-f0-9]{64}))?$`)

/** The parts of `library/nginx`, `library/nginx:latest` or `library/nginx@sha256:…`. Throws UsageError. */
export function imageName(image: string): { readonly repository: string; readonly reference: string | undefined } {
  const [, repository, tag, digest] = IMAGE.exec(image) ?? []
  if (repository !== undefined) return { repository, reference: tag ?? digest }
  throw new UsageError(
    `'${image}' is not the name of an image: it must be like 'library/nginx', 'library/nginx:latest' or 'library/nginx@sha256:…', without a host`,
  )
}

/**
 * Matches what an image consists of at the moment of the question: its manifest by tag and by digest, the images of an
 * index, and every blob.
 */
export const imageMatcher =
  (content: Content): ImageMatcher =>
  (image, { repository, reference }) => {
    const wanted = imageName(image)
    if (wanted.repository !== repository) return false
    if (wanted.reference === undefined || wanted.reference === reference) return true
    return reference !== undefined && partsOf(content, repository, wanted.reference).has(reference)
  }

interface Parts {
  readonly config?: { readonly digest: string }
  readonly layers?: readonly { readonly digest: string }[]
  readonly manifests?: readonly { readonly digest: string }[]
}

function partsOf(content: Content, repository: string, reference: string): Set<string> {
  const digest = content.tags.get(`${repository} ${reference}`) ?? reference
  const manifest = content.manifests.get(`${repository} ${digest}`)
  if (!manifest) return new Set([digest])
  const { config, layers = [], manifests = [] } = JSON.parse(manifest.bytes.toString()) as Parts
  const blobs = [...(config ? [config] : []), ...layers].map((part) => part.digest)
  return new Set([digest, ...blobs, ...manifests.flatMap((part) => [...partsOf(content, repository, part.digest)])])
}
