import { TEMPLATE_SERVICE } from '../registry/cache-rules/service-linked-role.js'
import type { CheckCreationRole } from '../registry/creation-templates/creation-role.js'
import { repositoryArn } from '../registry/registry.js'
import type { ResourceTag } from '../registry/repositories/repository.js'
import { type Action, type Authorize, type Conditions, isAllowed } from './authorize.js'
import type { DecisionLog } from './explain/decision-log.js'
import type { Identities } from './identities.js'
import { mayServiceAssume, serviceSession } from './service-session.js'

/** The sources of roles and decisions. */
export interface CreationRoleDeps {
  readonly identities: Pick<Identities, 'role'>
  readonly authorize: Authorize
  readonly decisions: Pick<DecisionLog, 'decided'>
  /** With `relaxed` a role that is not in the configuration may exist, and has every permission. */
  readonly auth: 'strict' | 'relaxed'
}

/** The name of the session in which ECR uses the role. That of the service is not public. */
const SESSION_NAME = 'ecr-repository-creation'

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
    const { registry } = use
    const resource = repositoryArn(registry, use.repository)
    const conditionsOfTrust = { 'aws:sourceaccount': registry.account, 'aws:sourcearn': resource }
    const assumption = {
      role,
      service: TEMPLATE_SERVICE,
      region: registry.region,
      conditions: conditionsOfTrust,
      request,
    }
    if (!mayServiceAssume(assumption, deps.decisions))
      return `the trust policy of role ${use.roleArn} does not let ${TEMPLATE_SERVICE} assume it`
    const actions: Action[] = ['ecr:CreateRepository', ...(use.tags.length > 0 ? (['ecr:TagResource'] as const) : [])]
    const principal = serviceSession(role, SESSION_NAME)
    const conditions = conditionsOfTags(use.tags)
    for (const action of actions) {
      const accessRequest = { principal, action, resources: [resource], registry, request, conditions }
      if (!(await isAllowed(deps.authorize, accessRequest)))
        return `role ${use.roleArn} is not allowed to perform ${action} on ${resource}`
    }
    return undefined
  }

/** The condition keys for the tags of a repository that is created. */
export const conditionsOfTags = (tags: readonly ResourceTag[]): Conditions => ({
  ...Object.fromEntries(tags.map(({ Key, Value }) => [`aws:RequestTag/${Key}`, Value])),
  ...(tags.length > 0 && { 'aws:TagKeys': tags.map(({ Key }) => Key) }),
})
