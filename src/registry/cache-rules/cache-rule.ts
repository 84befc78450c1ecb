import type { Image, Tag } from '../images/image.js'

/** A pull through cache rule: names under the prefix are served from the upstream and kept. */
export interface PullThroughCacheRule {
  /** Without a trailing slash: AWS assumes one, so `ecr-public` and `ecr-public/` are the same rule. */
  ecrRepositoryPrefix: string
  upstreamRegistryUrl: string
  upstreamRegistry?: string
  /** ROOT where the rule does not say. */
  upstreamRepositoryPrefix?: string
  credentialArn?: string
  customRoleArn?: string
  createdAt: number
  updatedAt: number
}

/** An import that was promised and is not finished: kept as a record, so that a restart resumes it. */
export interface PlannedImport {
  account: string
  region: string
  repository: string
  /** The manifest whose members and blobs are to be fetched. */
  digest: string
  /** Under which it was pulled; for what is reported about it. */
  tag?: string
  plannedAt: number
  /** When it last could not be finished: nobody tries again of itself for a while. */
  failedAt?: number
}

/** How often upstreams are asked; both count in the emulator's time. */
export interface PullThroughSettings {
  /** A tag is checked at most once in this time after a check that got an answer; AWS: 24 hours. */
  checkIntervalSeconds: number
  /** After a check that got no answer, the next one waits this long, so a dead upstream costs one time-out. */
  retryIntervalSeconds: number
}

/** As a repository prefix: every name no other rule covers; as an upstream prefix: the upstream's own names. */
export const ROOT = 'ROOT'

/**
 * A registry's login server: its name, and since November 2024 a hyphen and a hash where it was made with a domain name
 * label. https://learn.microsoft.com/azure/container-registry/container-registry-get-started-portal
 */
const AZURE_HOST = /^[a-z0-9]+(?:-[a-z0-9]+)*\.azurecr\.io$/

/** Of every partition, and of dual-stack endpoints. https://docs.aws.amazon.com/general/latest/gr/ecr.html */
const ECR_HOST =
  /^\d{12}\.(?:dkr\.ecr\.[a-z0-9-]+\.(?:amazonaws\.com(?:\.cn)?|amazonaws\.eu)|dkr-ecr\.[a-z0-9-]+\.on\.(?:aws|amazonwebservices\.com\.cn))$/

/**
 * The upstream registries the service knows, and whether it wants a secret for them.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache-creating-rule.html
 */
const knownUpstreams: { upstreamRegistry: string; host: RegExp; needsSecret: boolean }[] = [
  { upstreamRegistry: 'ecr-public', host: /^public\.ecr\.aws$/, needsSecret: false },
  { upstreamRegistry: 'k8s', host: /^registry\.k8s\.io$/, needsSecret: false },
  { upstreamRegistry: 'quay', host: /^quay\.io$/, needsSecret: false },
  { upstreamRegistry: 'docker-hub', host: /^registry-1\.docker\.io$/, needsSecret: true },
  { upstreamRegistry: 'github-container-registry', host: /^ghcr\.io$/, needsSecret: true },
  { upstreamRegistry: 'gitlab-container-registry', host: /^registry\.gitlab\.com$/, needsSecret: true },
  { upstreamRegistry: 'azure-container-registry', host: AZURE_HOST, needsSecret: true },
  { upstreamRegistry: 'chainguard', host: /^cgr\.dev$/, needsSecret: true },
  { upstreamRegistry: 'ecr', host: ECR_HOST, needsSecret: false },
]

/** What the service knows of an upstream host; undefined for a host it does not know. */
export const knownUpstream = (host: string) => knownUpstreams.find((known) => known.host.test(host))

/** The rule that serves a repository name: the longest prefix wins, ROOT serves what no other does. */
export function ruleServing<R extends Pick<PullThroughCacheRule, 'ecrRepositoryPrefix'>>(
  name: string,
  rules: R[],
): R | undefined {
  const covering = rules.filter(({ ecrRepositoryPrefix }) => name.startsWith(`${ecrRepositoryPrefix}/`))
  const longest = covering.sort((a, b) => b.ecrRepositoryPrefix.length - a.ecrRepositoryPrefix.length)[0]
  return longest ?? rules.find(({ ecrRepositoryPrefix }) => ecrRepositoryPrefix === ROOT)
}

/**
 * The upstream's name for a repository: the rule's prefix comes off, the upstream prefix goes on.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache-private-wildcards.html
 */
export function upstreamRepository(rule: PullThroughCacheRule, name: string): string {
  const { ecrRepositoryPrefix, upstreamRepositoryPrefix = ROOT } = rule
  const rest = ecrRepositoryPrefix === ROOT ? name : name.slice(ecrRepositoryPrefix.length + 1)
  return upstreamRepositoryPrefix === ROOT ? rest : `${upstreamRepositoryPrefix}/${rest}`
}

/**
 * Whether the upstream may be asked about a tag now: at most once in 24 hours after an answer, and not within 15
 * minutes of a check that got none. A pushed tag is never checked.
 */
export const isCheckDue = (tag: Tag, now: Date, settings: PullThroughSettings): boolean =>
  tag.upstream !== undefined && isDue(tag.upstream, now, settings)

/** The window of referrers is one of its own. https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache.html */
const REFERRERS_CHECK_SECONDS = 6 * 60 * 60

/**
 * Whether the upstream may be asked now what refers to an image: at most once in six hours after an answer, and not within
 * 15 minutes of a check that got none. Only of images it gave: nothing upstream refers to a pushed one.
 */
export const isReferrersCheckDue = (
  { pulledThrough, referrersCheck = { checkedAt: -Infinity } }: Image,
  now: Date,
  settings: Pick<PullThroughSettings, 'retryIntervalSeconds'>,
): boolean =>
  pulledThrough === true && isDue(referrersCheck, now, { ...settings, checkIntervalSeconds: REFERRERS_CHECK_SECONDS })

function isDue(
  { checkedAt, failedAt }: { checkedAt: number; failedAt?: number },
  now: Date,
  settings: PullThroughSettings,
): boolean {
  const secondsSince = (time: number) => (now.getTime() - time) / 1000
  if (secondsSince(checkedAt) < settings.checkIntervalSeconds) return false
  return failedAt === undefined || secondsSince(failedAt) >= settings.retryIntervalSeconds
}
