/** The `organization` section of the configuration: the organization of AWS Organizations that accounts belong to. */
export interface ConfiguredOrganization {
  /** `o-…` */
  readonly id: string
  /**
   * The member accounts, each with its place: the root and the organizational units down to it, `r-ab12/ou-ab12-11111111`.
   * Absent, every account is a member and none has a place.
   */
  readonly accounts?: Readonly<Record<string, string>>
}

/** What an account's membership gives condition keys their values from. */
export interface Membership {
  readonly id: string
  /** `o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/`, with the slash at its end; absent where no place is described. */
  readonly path?: string
}

/** The membership of an account; undefined for one outside of the organization. */
export type MembershipOf = (account: string) => Membership | undefined

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_last-accessed-view-data-orgs.html#access_policies_last-accessed-viewing-orgs-entity-path */
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
