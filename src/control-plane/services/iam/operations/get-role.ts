import {
  SERVICE_LINKED_ROLE,
  PULL_THROUGH_CACHE_SERVICE,
  serviceLinkedRoleArn,
} from '../../../../registry/service-linked-role.js'
import { uniqueId } from '../../../../access/principals.js'
import { conditionsOfRoleTags } from '../../../../access/role-tags.js'
import { ServiceException } from '../../../../registry/errors.js'
import { keyOf } from '../../../../registry/ports/store.js'
import type { Principal } from '../../../../registry/principal.js'
import { installation } from '../../../../registry/registry.js'
import type { Action, QueryContext } from '../../query-action.js'
import { memberReader, validationError } from '../../query-members.js'

/** A role as GetRole shows it. */
interface ShownRole {
  readonly arn: string
  readonly path: string
  readonly roleId: string
  readonly createdAt: number
  readonly trustPolicyDocument: object
  readonly maxSessionDurationSeconds: number
  readonly tags: Readonly<Record<string, string>>
}

/**
 * A role of the configuration, or the service-linked one once the first pull through cache rule has brought it into
 * being; always in the caller's own account.
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html
 */
export const getRole: Action = async (members, context) => {
  const { account } = context.principal
  if (isOwnSession(context.principal)) throw new ServiceException('UnrecognizedClientException', INVALID_TOKEN)
  const RoleName = roleNameIn(members)
  const role = configuredRole(RoleName, context) ?? (await serviceLinkedRole(RoleName, context))
  await context.authorize({
    ...{ principal: context.principal, request: context.request, action: 'iam:GetRole' },
    resources: [role?.arn ?? `arn:aws:iam::${account}:role/${RoleName}`],
    registry: { account, region: context.region },
    conditions: conditionsOfRoleTags(role ?? { tags: {} }),
  })
  if (!role) throw new ServiceException('NoSuchEntity', `The role with name ${RoleName} cannot be found.`)
  return { Role: { ...describe(role), RoleName } }
}

/** Credentials of GetSessionToken are no good for IAM without a second factor, which there is none of here. */
const isOwnSession = ({ session }: Principal) => session !== undefined && session.roleArn === undefined
const INVALID_TOKEN = 'The security token included in the request is invalid'

function roleNameIn(members: ReadonlyMap<string, string>): string {
  const read = memberReader(members)
  const name = read.text('RoleName', { required: true, min: 1, max: 64 }) ?? ''
  read.finish()
  if (!/^[\w+=,.@-]+$/.test(name))
    throw validationError(
      'The specified value for roleName is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-',
    )
  return name
}

/** The configuration does not say when a role was made. */
const ALWAYS = 0

function configuredRole(name: string, { identities, principal }: QueryContext): ShownRole | undefined {
  const role = identities.roleNamed(principal.account, name)
  return role && { ...role, createdAt: ALWAYS }
}

async function serviceLinkedRole(name: string, { store, principal }: QueryContext): Promise<ShownRole | undefined> {
  if (name !== SERVICE_LINKED_ROLE) return undefined
  const record = await store.roles.get(installation, keyOf(principal.account, SERVICE_LINKED_ROLE))
  if (!record) return undefined
  const arn = serviceLinkedRoleArn(principal.account)
  return {
    arn,
    path: `/aws-service-role/${PULL_THROUGH_CACHE_SERVICE}/`,
    roleId: uniqueId('AROA', arn),
    createdAt: record.createdAt,
    trustPolicyDocument: {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { Service: PULL_THROUGH_CACHE_SERVICE }, Action: 'sts:AssumeRole' }],
    },
    maxSessionDurationSeconds: 3600,
    tags: {},
  }
}

function describe({ arn, path, roleId, createdAt, tags, ...role }: ShownRole) {
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
