import { DescribeRepositoriesCommand } from '@aws-sdk/client-ecr'
import { ruleServing } from '../../../registry/cache-rules/cache-rule.js'
import { useEcr } from '../../requests/use-ecr.js'
import { useSession } from '../../session/session-context.js'
import type { RegistryAccess } from '../images/pull-command-lines.js'
import { useCacheRules } from '../pull-through-cache/use-cache-rules.js'

/** One repository. */
export function useRepository(name: string) {
  const command = new DescribeRepositoriesCommand({ repositoryNames: [name] })
  const { data, ...query } = useEcr('DescribeRepository', command)
  return { ...query, data: data?.repositories?.[0] }
}

/** Finds the cache rule that serves a repository name; none as long as the rules are not known. */
export function useRuleServing(): (name: string) => string | undefined {
  const { data: rules } = useCacheRules()
  const named = rules?.map(({ ecrRepositoryPrefix = '' }) => ({ ecrRepositoryPrefix })) ?? []
  return (name) => ruleServing(name, named)?.ecrRepositoryPrefix
}

/** Where the page of a repository is. The tab is always named: `/repositories/create` is the form for a new one. */
export const repositoryAddress = (name: string, tab = 'images'): string => `${repositoryBase(name)}/${tab}`

/** What the addresses of a repository's tabs begin with. */
export const repositoryBase = (name: string): string => `/repositories/${encodeURIComponent(name)}`

/** What commands for this registry need. Both planes are reached as the console is. */
export function useRegistryAccess(): RegistryAccess {
  const { region } = useSession()
  return { region, endpoint: location.origin, isPlain: location.protocol === 'http:' }
}
