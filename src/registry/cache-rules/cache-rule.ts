import type { Image, Tag } from '../images/image.js'

/** A pull through cache rule: repositories under the prefix are pulled from the upstream and cached. */
export interface PullThroughCacheRule {
  /** Without a trailing slash, which AWS assumes: `ecr-public` and `ecr-public/` are the same rule. */
  ecrRepositoryPrefix: string
  upstreamRegistryUrl: string
  upstreamRegistry?: string
  /** ROOT if absent. */
  upstreamRepositoryPrefix?: string
  credentialArn?: string
  customRoleArn?: string
  createdAt: number
  updatedAt: number
}

/** An import that is not complete yet. It is a record so that it is resumed after a restart. */
export interface ImportPlan {
  account: string
  region: string
  repository: string
  /** The manifest whose members and blobs remain to be fetched. */
  digest: string
  /** The tag that was pulled, for events and the log. */
  tag?: string
  plannedAt: number
  /** When the last attempt to complete it failed. It is retried only after an interval. */
  failedAt?: number
}

/** How often upstreams are checked, by the emulator's clock. */
export interface PullThroughSettings {
  /** How long after an answered check a tag is not checked again; in AWS 24 hours. */
  checkIntervalSeconds: number
  /**
   * How long after an unanswered check the next one is made, so that requests do not each wait for a dead upstream to
   * time out.
   */
  retryIntervalSeconds: number
}

/** As a repository prefix: all names that no other rule covers. As an upstream prefix: no prefix. */
export const ROOT = 'ROOT'

/** The rule for a repository name: the one with the longest prefix that covers it, otherwise the ROOT rule. */
export function ruleServing<R extends Pick<PullThroughCacheRule, 'ecrRepositoryPrefix'>>(
  name: string,
  rules: R[],
): R | undefined {
  const covering = rules.filter(({ ecrRepositoryPrefix }) => name.startsWith(`${ecrRepositoryPrefix}/`))
  const longest = covering.sort((a, b) => b.ecrRepositoryPrefix.length - a.ecrRepositoryPrefix.length)[0]
  return longest ?? rules.find(({ ecrRepositoryPrefix }) => ecrRepositoryPrefix === ROOT)
}

/**
 * How official images of Docker Hub are named: `library/nginx`, as the service wants it (`explicit`), or `nginx`, to
 * which `library/` is added here (`automatic`).
 */
export type DockerHubLibrary = 'explicit' | 'automatic'

/**
 * The name of a repository in the upstream: without the rule's repository prefix, and with its upstream prefix.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache-private-wildcards.html
 */
export function upstreamRepository(
  rule: Pick<PullThroughCacheRule, 'ecrRepositoryPrefix' | 'upstreamRepositoryPrefix' | 'upstreamRegistry'>,
  name: string,
  dockerHubLibrary: DockerHubLibrary = 'explicit',
): string {
  const { ecrRepositoryPrefix, upstreamRepositoryPrefix = ROOT, upstreamRegistry } = rule
  const rest = ecrRepositoryPrefix === ROOT ? name : name.slice(ecrRepositoryPrefix.length + 1)
  const named = upstreamRepositoryPrefix === ROOT ? rest : `${upstreamRepositoryPrefix}/${rest}`
  const isOfficial = upstreamRegistry === 'docker-hub' && !named.includes('/')
  return isOfficial && dockerHubLibrary === 'automatic' ? `library/${named}` : named
}

/**
 * Whether a tag may be checked in the upstream now: not within 24 hours of a check that was answered, nor within 15
 * minutes of one that was not. A pushed tag is never checked.
 */
export const isCheckDue = (tag: Tag, now: Date, settings: PullThroughSettings): boolean =>
  tag.upstream !== undefined && isDue(tag.upstream, now, settings)

/**
 * Referrers are checked at an interval of their own.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache.html
 */
const REFERRERS_CHECK_SECONDS = 6 * 60 * 60

/**
 * Whether the upstream may be asked for an image's referrers now: not within six hours of a check that was answered,
 * nor within 15 minutes of one that was not. Only for a pulled-through image: the upstream has no referrers of a pushed
 * one.
 */
export const isReferrersCheckDue = (
  { pulledThrough, referrersCheck = { checkedAt: -Infinity } }: Image,
  now: Date,
  settings: Pick<PullThroughSettings, 'retryIntervalSeconds'>,
): boolean =>
  pulledThrough === true && isDue(referrersCheck, now, { ...settings, checkIntervalSeconds: REFERRERS_CHECK_SECONDS })

/** Whether the upstream was asked for an image's referrers and has never listed them. */
export const areReferrersUnknown = ({ referrersCheck }: Pick<Image, 'referrersCheck'>): boolean =>
  referrersCheck?.failedAt !== undefined && referrersCheck.checkedAt === NEVER

/** The time of an answer that was never given. */
export const NEVER = 0

const isDue = (check: UpstreamCheck, now: Date, settings: PullThroughSettings): boolean =>
  now.getTime() >= nextCheckDueAt(check, settings)

/** When a check was last answered, and when one last got no answer. */
type UpstreamCheck = Pick<NonNullable<Tag['upstream']>, 'checkedAt' | 'failedAt'>

/**
 * From which moment on, in epoch milliseconds, a pull checks the upstream again: once both the interval since the last
 * answer and the one since the last failure are over. Infinite or beyond the year 9999 if the settings say so.
 */
export const nextCheckDueAt = ({ checkedAt, failedAt }: UpstreamCheck, settings: PullThroughSettings): number =>
  Math.max(
    checkedAt + settings.checkIntervalSeconds * 1000,
    failedAt === undefined ? -Infinity : failedAt + settings.retryIntervalSeconds * 1000,
  )
