/** The `organization` section of the configuration: the organization of AWS Organizations that accounts belong to. */
export interface ConfiguredOrganization {
  /** `o-…` */
  readonly id: string
  /**
   * The member accounts, each with its path: the root and the organizational units down to it,
   * `r-ab12/ou-ab12-11111111`. If absent, every account is a member and none has a path.
   */
  readonly accounts?: Readonly<Record<string, string>>
}

/**
 * The organization of an account, for the condition keys `aws:PrincipalOrgID`, `aws:PrincipalOrgPaths` and those of
 * resources.
 */
export interface Membership {
  readonly id: string
  /** `o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/`, with a trailing slash; absent where no path is configured. */
  readonly path?: string
}

/** The membership of an account; undefined for one outside the organization. */
export type MembershipOf = (account: string) => Membership | undefined

/**
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_last-accessed-view-data-orgs.html#access_policies_last-accessed-viewing-orgs-entity-path
 */
export function membershipsIn(organization: ConfiguredOrganization | undefined): MembershipOf {
  if (!organization) return () => undefined
  const { id, accounts } = organization
  if (!accounts) return (account) => (ACCOUNT.test(account) ? { id } : undefined)
  const members = new Map(
    Object.entries(accounts).map(([account, place]) => [account, { id, path: `${id}/${place.replace(/\/$/, '')}/` }]),
  )
  return (account) => members.get(account)
}

const ACCOUNT = /^\d{12}$/
