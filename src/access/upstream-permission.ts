import {
  PULL_THROUGH_CACHE_SERVICE,
  SERVICE_LINKED_ROLE,
  serviceLinkedRoleArn,
} from '../registry/cache-rules/service-linked-role.js'
import { ServiceException } from '../registry/errors.js'
import type { Clock } from '../registry/ports/clock.js'
import type { Ids } from '../registry/ports/ids.js'
import { UpstreamFailure } from '../registry/ports/upstream.js'
import type { RegistryReader, UpstreamAccess } from '../registry/ports/upstream-access.js'
import type { Principal } from '../registry/principal.js'
import { type Registry, repositoryArn } from '../registry/registry.js'
import type { RequestContext } from '../registry/request-context.js'
import type { AccessCaseDeps } from './access-case.js'
import { authorizer } from './authorizer.js'
import type { DecisionLog } from './explain/decision-log.js'
import type { Identities } from './identities.js'
import { principalOfRoot } from './principal-ids.js'
import { mayServiceAssume, serviceSession } from './service-session.js'

/** The dependencies of deciding what a cache may read. */
export interface UpstreamAccessDeps extends AccessCaseDeps {
  readonly identities: Pick<Identities, 'role' | 'policiesOf' | 'membershipOf' | 'policyParser'>
  readonly decisions: Pick<DecisionLog, 'decided' | 'ended'>
  readonly clock: Pick<Clock, 'now'>
  readonly ids: Ids
}

/** The name of the session in which the service uses a role. That of the service is not public. */
const SESSION_NAME = 'ecr-pullthroughcache'

/**
 * A cache reads from another registry of this installation as the rule's `customRoleArn`, or in its own account as the
 * service-linked role. The role's policies and those of the upstream registry and repository decide, as for any caller.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache-private.html
 */
export function upstreamAccess(deps: UpstreamAccessDeps): UpstreamAccess {
  // A cache asks for every image and layer: only what is denied is kept, so that the log still has other requests.
  const decided: DecisionLog['decided'] = (requestId, recorded) => {
    if (!recorded.decision.allowed) deps.decisions.decided(requestId, recorded)
  }
  const authorize = authorizer({ ...deps, decisions: { decided } })
  return {
    async require(reader, upstream, repository, actions) {
      const request = await requestOf(deps)
      const resources = [repository === undefined ? '*' : repositoryArn(upstream, repository)]
      try {
        const principal = principalOf(reader, upstream, request, { ...deps, decisions: { decided } })
        for (const action of actions) await authorize({ principal, action, resources, registry: upstream, request })
      } catch (error) {
        if (!(error instanceof ServiceException)) throw error
        const { code, message } = error
        const operation = `read of upstream ${upstream.account}/${upstream.region} ${repository ?? ''}`.trimEnd()
        const end = { at: request.at, plane: 'data', operation, refusal: { code, message } } as const
        deps.decisions.ended(request.requestId, end)
        throw denied(`${message} (ecr-local explain ${request.requestId} says why)`)
      }
    },
  }
}

/** A request that the service makes itself, under an id of its own. */
const requestOf = async ({ clock, ids }: UpstreamAccessDeps): Promise<RequestContext> => ({
  requestId: ids.uuid(),
  at: (await clock.now()).getTime(),
  sourceIp: '',
  userAgent: 'ecr.amazonaws.com',
  isSecure: true,
  isFips: false,
})

const denied = (message: string) => new UpstreamFailure('access-denied', message)

interface PrincipalDeps {
  readonly identities: Pick<Identities, 'role' | 'policiesOf'>
  readonly decisions: Pick<DecisionLog, 'decided'>
}

/** The session that reads from the upstream. Throws UpstreamFailure and AccessDeniedException. */
function principalOf(
  { registry, rule }: RegistryReader,
  upstream: Registry,
  request: RequestContext,
  deps: PrincipalDeps,
): Principal {
  const { account } = registry
  const { customRoleArn } = rule
  if (customRoleArn !== undefined) return sessionOfRole(customRoleArn, registry, request, deps)
  const serviceLinkedRole = { arn: serviceLinkedRoleArn(account), account, name: SERVICE_LINKED_ROLE }
  if (upstream.account === account) return serviceSession(serviceLinkedRole, SESSION_NAME, request.at)
  throw denied(`The upstream registry of account ${upstream.account} needs a rule with a customRoleArn`)
}

/** The session of a role of the rule's account that trusts the service. */
function sessionOfRole(
  roleArn: string,
  registry: Registry,
  request: RequestContext,
  { identities, decisions }: PrincipalDeps,
): Principal {
  const role = identities.role(roleArn)
  if (roleArn.split(':', 5)[4] !== registry.account)
    throw denied(`The role ${roleArn} does not belong to the account of the rule`)
  if (!role) return withoutRole(roleArn, registry, identities)
  const assumption = {
    role,
    service: PULL_THROUGH_CACHE_SERVICE,
    region: registry.region,
    conditions: { 'aws:sourceaccount': registry.account, 'sts:rolesessionname': SESSION_NAME },
    request,
  }
  if (!mayServiceAssume(assumption, decisions)) {
    const message = `The trust policy of ${roleArn} does not allow ${PULL_THROUGH_CACHE_SERVICE} to assume it`
    throw new ServiceException('AccessDeniedException', message)
  }
  return serviceSession(role, SESSION_NAME, request.at)
}

/**
 * Where the root user of the account needs no credentials of its own (relaxed authentication, or no access key in the
 * configuration), roles need not be in the configuration either: the root user stands for one that is not.
 */
function withoutRole(roleArn: string, { account }: Registry, identities: PrincipalDeps['identities']): Principal {
  const root = principalOfRoot(account)
  if (identities.policiesOf(root)) return root
  throw denied(`There is no role ${roleArn}, which the rule names`)
}
