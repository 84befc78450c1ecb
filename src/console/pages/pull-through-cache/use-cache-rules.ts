import { type ECRClient, paginateDescribePullThroughCacheRules, type PullThroughCacheRule } from '@aws-sdk/client-ecr'
import type { Period, RuleStatistics, Statistics } from '../../../control-plane/admin/admin-answers.js'
import { ROOT } from '../../../registry/cache-rules/cache-rule.js'
import { upstreamService } from '../../../registry/cache-rules/upstream-services.js'
import { pathWith, useAdmin } from '../../requests/admin.js'
import { useEcrList } from '../../requests/use-ecr.js'
import { useSession } from '../../session/session-context.js'

/** The address of the list of rules. */
export const RULES_PATH = '/private-registry/pull-through-cache'

/** The address of a rule. */
export const rulePath = (prefix: string) => `${RULES_PATH}/rules/${encodeURIComponent(prefix)}`

/** All rules of the registry. */
export const useCacheRules = (options: { readonly enabled?: boolean } = {}) =>
  useEcrList('DescribePullThroughCacheRules', {}, rulePages, options)

async function* rulePages(client: ECRClient) {
  const pages = paginateDescribePullThroughCacheRules({ client, pageSize: 1000 }, {})
  for await (const { pullThroughCacheRules } of pages) yield pullThroughCacheRules
}

/** The planes write what they did every two seconds. */
const ASKED_EVERY_MS = 5_000

/** What the rules of the registry did in a period; not known if the admin endpoints do not say it. */
export function useRuleStatistics(period: Period) {
  const { account, region } = useSession()
  const path = pathWith('/statistics', { period, account, region })
  const { data, error } = useAdmin<Statistics>(path, { refetchInterval: ASKED_EVERY_MS })
  const of = (prefix: string | undefined): RuleStatistics | undefined =>
    data?.rules.find((rule) => rule.ecrRepositoryPrefix === prefix)
  return { of, error }
}

/** The upstream registry of a rule by its name; by its host if the service does not know it. */
export const upstreamName = ({ upstreamRegistryUrl = '' }: PullThroughCacheRule) =>
  upstreamService(upstreamRegistryUrl)?.displayName ?? upstreamRegistryUrl

/** The command that pulls an image through a rule, with the parts of its name that depend on the image. */
export const pullCommand = (host: string, prefix: string) =>
  `docker pull ${host}/${prefix === ROOT ? '' : `${prefix}/`}<repository>:<tag>`
