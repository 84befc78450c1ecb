import { parsePolicy } from '../iam/parse.js'
import type { AttachedPolicy } from '../iam/policy.js'
import type { Principal } from '../registry/principal.js'
import {
  REPLICATION_ROLE,
  serviceLinkedRoleArn,
  serviceLinkedRoles,
} from '../registry/cache-rules/service-linked-role.js'
import { anonymousPolicies, isAnonymous } from './anonymous.js'
import { compileDocument, compileIdentity } from './attached-policies.js'
import {
  type Account,
  type Accounts,
  type ConfiguredRole,
  credentialsIn,
  type CredentialsOf,
  credentialsSource,
  defaultAccount,
  describesAccessKeys,
} from './credentials.js'
import { managedPolicies } from './managed-policies.js'
import { type OidcProvider, oidcProvidersIn } from './oidc-providers.js'
import { type ConfiguredOrganization, type MembershipOf, membershipsIn } from './organization.js'
import { cachingPolicyParser, type PolicyParser } from './parsed-policies.js'
import { principalOfRoot, principalOfUser, uniqueId } from './principal-ids.js'
import { seedPolicy, seedRoleArn } from './seed-principal.js'

/** The users and roles of the configuration with their policies. */
export interface Identities {
  /** Long-term credentials by access key id. */
  readonly credentialsOf: CredentialsOf
  /** Every long-term access key id, in the order of the configuration. */
  readonly accessKeyIds: readonly string[]
  /** The accounts of the configuration, or the default one, with the ARNs of their users and roles. */
  readonly accounts: ReadonlyMap<string, readonly string[]>
  readonly membershipOf: MembershipOf
  /** Parses the policies that requests are decided by, each text once. */
  readonly policyParser: PolicyParser
  /** Every policy of the configuration by name, trust policies included. */
  readonly policies: readonly AttachedPolicy[]
  /** The policies of a principal; undefined for one that the configuration does not have (any more). */
  policiesOf(principal: Principal): IdentityPolicies | undefined
  role(roleArn: string): Role | undefined
  /** The identity provider of an account with this issuer (the `iss` claim of its tokens). */
  oidcProvider(account: string, issuer: string): OidcProvider | undefined
  /** A role by its name, as IAM's API identifies it; STS uses the ARN. */
  roleNamed(account: string, name: string): Role | undefined
  /**
   * Whether a policy may name this AWS principal: an account, an existing user or role, or a session of an existing
   * role.
   */
  isPrincipal(principal: string): boolean
}

/** The policies and tags of a principal that take part in a decision. */
export interface IdentityPolicies {
  readonly identity: readonly AttachedPolicy[]
  readonly boundary?: readonly AttachedPolicy[]
  readonly serviceControl?: readonly AttachedPolicy[]
  /** Tags of the user or role, without session tags. */
  readonly tags: Readonly<Record<string, string>>
  /** The value of `aws:username`, which only users have. */
  readonly userName?: string
}

/** A role that can be assumed. */
export interface Role {
  readonly arn: string
  readonly account: string
  readonly name: string
  readonly path: string
  /** `AROA…`, the first half of `aws:userid`. */
  readonly roleId: string
  readonly trustPolicy: AttachedPolicy
  /** The trust policy as it was written. */
  readonly trustPolicyDocument: object
  readonly maxSessionDurationSeconds: number
  readonly tags: Readonly<Record<string, string>>
}

const DEFAULT_SESSION_SECONDS = 3600

/** The permissions of an account's root user, as a policy. */
const ROOT_POLICY: AttachedPolicy = {
  name: "the account's root user",
  policy: parsePolicy(
    { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] },
    'identity',
  ),
}

/** Service control policies do not affect service-linked roles. */
const policiesOfService = ({ name, policy }: AttachedPolicy): IdentityPolicies => ({
  identity: [{ name, policy }],
  tags: {},
})

const SERVICE_LINKED = policiesOfService(managedPolicies.pullThroughCache)
const REPLICATION = policiesOfService(managedPolicies.replication)
const SEED = policiesOfService(seedPolicy)

/** The policies of the roles that every account has without a configuration. */
function policiesOfServiceRole(roleArn: string, account: string): IdentityPolicies | undefined {
  if (roleArn === serviceLinkedRoleArn(account)) return SERVICE_LINKED
  if (roleArn === serviceLinkedRoleArn(account, REPLICATION_ROLE)) return REPLICATION
  return roleArn === seedRoleArn(account) ? SEED : undefined
}

/**
 * Reads the identities of the configuration and compiles their policies, once. Where no access key is configured, or
 * with `relaxed` authentication, the root user of every account exists, too. Throws AccountsError.
 * https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html
 */
export function identitiesIn(
  accounts: Accounts | undefined,
  auth: 'strict' | 'relaxed' = 'strict',
  organization?: ConfiguredOrganization,
): Identities {
  const compiled = Object.entries(accounts ?? { [defaultAccount.account]: {} }).map(compileAccount)
  const roles = compiled.flatMap((account) => account.roles)
  const policies = new Map(compiled.flatMap((account) => account.identities))
  const roleByArn = new Map(roles.map((role) => [role.arn, role]))
  const roleByName = new Map(roles.map((role) => [`${role.account} ${role.name}`, role]))
  const rootPolicies = new Map(compiled.map(({ account, root }) => [account, root]))
  const hasRoots = auth === 'relaxed' || !describesAccessKeys(accounts)
  return {
    credentialsOf: credentialsSource(accounts),
    accessKeyIds: [...credentialsIn(accounts).keys()],
    accounts: new Map(compiled.map(({ account, identities }) => [account, identities.map(([arn]) => arn)])),
    membershipOf: membershipsIn(organization),
    policyParser: cachingPolicyParser(),
    policies: compiled.flatMap(policiesIn),
    policiesOf(principal) {
      if (isAnonymous(principal)) return anonymousPolicies
      const { arn, account, session } = principal
      const holder = session?.roleArn ?? arn
      const configured = policies.get(holder)
      if (configured) return configured
      const ofService = policiesOfServiceRole(holder, account)
      if (ofService) return ofService
      const isRoot = hasRoots && holder === principalOfRoot(account).arn
      return isRoot ? (rootPolicies.get(account) ?? policiesOfRoot([])) : undefined
    },
    role: (roleArn) => roleByArn.get(roleArn),
    oidcProvider: oidcProvidersIn(accounts),
    roleNamed: (account, name) => roleByName.get(`${account} ${name}`),
    isPrincipal(principal) {
      if (policies.has(principal) || ACCOUNT.test(principal) || isServiceLinkedRole(principal)) return true
      const [, account, name] = ROLE_SESSION.exec(principal) ?? []
      return account !== undefined && roleByName.has(`${account} ${name}`)
    },
  }
}

const policiesIn = ({ root, identities, roles }: ReturnType<typeof compileAccount>): AttachedPolicy[] => [
  ...(root.serviceControl ?? []),
  ...identities.flatMap(([, { identity, boundary = [] }]) => [...identity, ...boundary]),
  ...roles.map(({ trustPolicy }) => trustPolicy),
]

/** An account id or the ARN of its root user. Whether the account exists is not checked, as in AWS. */
const ACCOUNT = /^(\d{12}|arn:aws:iam::\d{12}:root)$/

/**
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html: the ARN of a session leaves out the path.
 */
const ROLE_SESSION = /^arn:aws:sts::(\d{12}):assumed-role\/([\w+=,.@-]{1,64})\/[\w+=,.@-]{2,64}$/

function isServiceLinkedRole(arn: string): boolean {
  const account = arn.split(':', 5)[4] ?? ''
  return (
    ACCOUNT.test(account) && Object.keys(serviceLinkedRoles).some((role) => arn === serviceLinkedRoleArn(account, role))
  )
}

const policiesOfRoot = (serviceControl: readonly AttachedPolicy[]): IdentityPolicies => ({
  identity: [ROOT_POLICY],
  serviceControl,
  tags: {},
})

function compileAccount([account, configured]: [string, Account]) {
  const { users = {}, roles = {}, serviceControlPolicies = [] } = configured
  const serviceControl = serviceControlPolicies.map((document, index) => {
    const name = `service control policy ${index + 1} of account ${account}`
    return compileDocument(document, 'identity', name, `/${account}/serviceControlPolicies/${index}`)
  })
  const ofUsers = Object.entries(users).map(([userName, user]): [string, IdentityPolicies] => {
    const compiled = compileIdentity(user, `user ${userName}`, `/${account}/users/${userName}`)
    return [principalOfUser(account, userName).arn, { ...compiled, serviceControl, userName }]
  })
  const ofRoles = Object.entries(roles).map(([name, role]): [string, IdentityPolicies] => {
    const compiled = compileIdentity(role, `role ${name}`, `/${account}/roles/${name}`)
    return [roleArn(account, name, role), { ...compiled, serviceControl }]
  })
  return {
    account,
    identities: [...ofUsers, ...ofRoles],
    roles: Object.entries(roles).map(([name, role]) => compileRole(account, name, role)),
    root: policiesOfRoot(serviceControl),
  }
}

function compileRole(account: string, name: string, configured: ConfiguredRole): Role {
  const { trustPolicy, path = '/', tags = {}, maxSessionDurationSeconds = DEFAULT_SESSION_SECONDS } = configured
  const arn = roleArn(account, name, configured)
  return {
    ...{ arn, account, name, path, tags, maxSessionDurationSeconds },
    roleId: uniqueId('AROA', arn),
    trustPolicy: compileDocument(
      trustPolicy,
      'trust',
      `trust policy of role ${name}`,
      `/${account}/roles/${name}/trustPolicy`,
    ),
    trustPolicyDocument: trustPolicy,
  }
}

const roleArn = (account: string, name: string, { path = '/' }: ConfiguredRole) =>
  `arn:aws:iam::${account}:role${path}${name}`
