import { uniqueId } from '../../../../access/principal-ids.js'
import { conditionsOfRoleTags } from '../../../../access/role-tags.js'
import { ServiceException } from '../../../../registry/errors.js'
import { keyOf } from '../../../../registry/ports/store.js'
import { installation } from '../../../../registry/registry.js'
import { serviceLinkedRoleArn, serviceLinkedRoles } from '../../../../registry/cache-rules/service-linked-role.js'
import type { Context } from '../../context.js'
import type { Operation } from '../iam-operation.js'

/** A role of the configuration or a service-linked one. */
interface RoleFacts {
  readonly arn: string
  readonly path: string
  readonly roleId: string
  /** Epoch milliseconds. */
  readonly createdAt: number
  readonly trustPolicyDocument: object
  readonly maxSessionDurationSeconds: number
  readonly tags: Readonly<Record<string, string>>
}

/**
 * A role of the configuration, or a service-linked role once the first pull through cache rule, creation template or
 * replication configuration has created it; always in the caller's own account. The role's tags can decide, so
 * permission is checked here.
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html
 *
 * @exact Roles of the configuration, and the service-linked roles once ECR has created them.
 * @inferred Roles of the configuration have a creation date at the beginning of 1970.
 * @notModelled RoleLastUsed is not answered.
 */
export const getRole: Operation<'GetRole'> = {
  /** IAM refuses credentials of GetSessionToken without a second factor, which the emulator does not support. */
  refuseCaller({ session }) {
    if (session && session.roleArn === undefined)
      throw new ServiceException('UnrecognizedClientException', 'The security token included in the request is invalid')
  },

  async run({ RoleName }, context) {
    const { principal, request, registry } = context
    const role = configuredRole(RoleName, context) ?? (await serviceLinkedRole(RoleName, context))
    await context.authorize({
      action: 'iam:GetRole',
      principal,
      request,
      registry,
      resources: [role?.arn ?? `arn:aws:iam::${principal.account}:role/${RoleName}`],
      conditions: conditionsOfRoleTags(role ?? { tags: {} }),
    })
    if (!role) throw new ServiceException('NoSuchEntity', `The role with name ${RoleName} cannot be found.`)
    return { Role: { ...roleShape(role), RoleName } }
  },
}

/** The configuration does not say when a role was created. */
const UNKNOWN_CREATION = 0

function configuredRole(name: string, { identities, principal }: Context): RoleFacts | undefined {
  const role = identities.roleNamed(principal.account, name)
  return role && { ...role, createdAt: UNKNOWN_CREATION }
}

async function serviceLinkedRole(name: string, { store, principal }: Context): Promise<RoleFacts | undefined> {
  const service = Object.hasOwn(serviceLinkedRoles, name) ? serviceLinkedRoles[name] : undefined
  if (service === undefined) return undefined
  const record = await store.roles.get(installation, keyOf(principal.account, name))
  if (!record) return undefined
  const arn = serviceLinkedRoleArn(principal.account, name)
  return {
    arn,
    path: `/aws-service-role/${service}/`,
    roleId: uniqueId('AROA', arn),
    createdAt: record.createdAt,
    trustPolicyDocument: {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' }],
    },
    maxSessionDurationSeconds: 3600,
    tags: {},
  }
}

function roleShape({ arn, path, roleId, createdAt, tags, ...role }: RoleFacts) {
  const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
  return {
    Path: path,
    RoleId: roleId,
    Arn: arn,
    CreateDate: new Date(createdAt),
    AssumeRolePolicyDocument: percentEncoded(JSON.stringify(role.trustPolicyDocument)),
    MaxSessionDuration: role.maxSessionDurationSeconds,
    ...(Tags.length > 0 && { Tags }),
  }
}

/** https://www.rfc-editor.org/rfc/rfc3986#section-2.3 */
const percentEncoded = (text: string) =>
  encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
