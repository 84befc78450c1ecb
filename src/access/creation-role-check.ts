import { evaluate } from '../iam/evaluate.js'
import type { AccessQuestion } from '../iam/policy.js'
import { TEMPLATE_SERVICE } from '../registry/cache-rules/service-linked-role.js'
import type { CheckCreationRole, CreationRoleUse } from '../registry/creation-templates/creation-role.js'
import type { Principal } from '../registry/principal.js'
import { repositoryArn } from '../registry/registry.js'
import type { ResourceTag } from '../registry/repositories/repository.js'
import type { RequestContext } from '../registry/request-context.js'
import { type Action, type Authorize, type Conditions, isAllowed } from './authorize.js'
import type { DecisionLog } from './explain/decision-log.js'
import type { Identities, Role } from './identities.js'

/** The sources of roles and decisions. */
export interface CreationRoleDeps {
  readonly identities: Pick<Identities, 'role'>
  readonly authorize: Authorize
  readonly decisions: Pick<DecisionLog, 'decided'>
  /** With `relaxed` a role that is not in the configuration may exist, and has every permission. */
  readonly auth: 'strict' | 'relaxed'
}

/**
 * Checks the custom role of a creation template: it must exist, its trust policy must let ECR assume it, and it must be
 * allowed to create the repository and, if the template has resource tags, to tag it.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-creation-templates-create-iam.html
 */
export const creationRoleCheck =
  (deps: CreationRoleDeps): CheckCreationRole =>
  async (use, request) => {
    const role = deps.identities.role(use.roleArn)
    if (!role && deps.auth === 'relaxed') return undefined
    if (!role) return `there is no role ${use.roleArn}: define it in the configuration`
    if (!isTrusting(role, use, request, deps))
      return `the trust policy of role ${use.roleArn} does not let ${TEMPLATE_SERVICE} assume it`
    const actions: Action[] = ['ecr:CreateRepository', ...(use.tags.length > 0 ? (['ecr:TagResource'] as const) : [])]
    const resource = repositoryArn(use.registry, use.repository)
    const conditions = conditionsOfTags(use.tags)
    for (const action of actions) {
      const { registry } = use
      const asked = { principal: sessionOf(role), action, resources: [resource], registry, request, conditions }
      if (!(await isAllowed(deps.authorize, asked)))
        return `role ${use.roleArn} is not allowed to perform ${action} on ${resource}`
    }
    return undefined
  }

/** The condition keys for the tags of a repository that is created. */
export const conditionsOfTags = (tags: readonly ResourceTag[]): Conditions => ({
  ...Object.fromEntries(tags.map(({ Key, Value }) => [`aws:RequestTag/${Key}`, Value])),
  ...(tags.length > 0 && { 'aws:TagKeys': tags.map(({ Key }) => Key) }),
})

function isTrusting(role: Role, use: CreationRoleUse, request: RequestContext, { decisions }: CreationRoleDeps) {
  const { registry, repository } = use
  const question: AccessQuestion = {
    principal: { arn: TEMPLATE_SERVICE, account: role.account, service: TEMPLATE_SERVICE },
    action: 'sts:AssumeRole',
    resource: role.arn,
    resourceAccount: role.account,
    accountDelegates: true,
    conditions: {
      'aws:currenttime': new Date(request.at).toISOString(),
      'aws:principalisawsservice': 'true',
      'aws:principalservicename': TEMPLATE_SERVICE,
      'aws:requestedregion': registry.region,
      'aws:sourceaccount': registry.account,
      'aws:sourcearn': repositoryArn(registry, repository),
    },
  }
  const policies = { identity: [], resource: [role.trustPolicy] }
  const decision = evaluate(question, policies)
  decisions.decided(request.requestId, { question, policies, decision })
  return decision.allowed
}

/** The session in which ECR uses the role. The name of the session is ours. */
const sessionOf = ({ arn, account, name, roleId }: Role): Principal => ({
  arn: `arn:aws:sts::${account}:assumed-role/${name}/ecr-repository-creation`,
  account,
  userId: `${roleId}:ecr-repository-creation`,
  session: { roleArn: arn },
})
