import { type PullThroughCacheRule, ValidatePullThroughCacheRuleCommand } from '@aws-sdk/client-ecr'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import { useQuery } from '@tanstack/react-query'
import { failureOf } from '../../requests/request-failure.js'
import { useEcrClient } from '../../requests/use-ecr.js'

/** Whether the service reaches the upstream with the credentials of a rule: each time it asks, it logs in there. */
export function useValidation(prefix: string | undefined, enabled: boolean) {
  const client = useEcrClient()
  return useQuery({
    queryKey: ['ecr', 'ValidatePullThroughCacheRule', prefix],
    queryFn: ({ signal }) =>
      client.send(new ValidatePullThroughCacheRuleCommand({ ecrRepositoryPrefix: prefix }), { abortSignal: signal }),
    enabled,
    staleTime: VALID_MS,
    refetchOnWindowFocus: false,
  })
}

/** So that looking at the table does not log in to the upstreams again and again. */
const VALID_MS = 60_000

/** Whether a rule has credentials: a secret, or a role. */
const hasCredentials = ({ credentialArn, customRoleArn }: PullThroughCacheRule) =>
  credentialArn !== undefined || customRoleArn !== undefined

/** The state of a rule's credentials, in words. Only those that there are, are tried. */
export function CredentialState({ rule }: { readonly rule: PullThroughCacheRule }) {
  const isNeeded = hasCredentials(rule)
  const { data, error, isFetching } = useValidation(rule.ecrRepositoryPrefix, isNeeded)
  if (!isNeeded) return <>None needed</>
  if (isFetching && !data) return <StatusIndicator type="loading">Validating</StatusIndicator>
  if (error) return <StatusIndicator type="warning">Not known: {failureOf(error).message}</StatusIndicator>
  if (data?.isValid === true) return <StatusIndicator type="success">Valid</StatusIndicator>
  return <StatusIndicator type="error">{data?.failure ?? 'Not valid'}</StatusIndicator>
}
