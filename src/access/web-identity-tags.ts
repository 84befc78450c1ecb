/** What the session of a web identity takes from the claims of its token. */
export interface ClaimedSession {
  readonly tags: readonly { readonly Key: string; readonly Value: string }[]
  readonly transitiveTagKeys: readonly string[]
  readonly sourceIdentity?: string
}

const TAGS = 'https://aws.amazon.com/tags'
const SOURCE_IDENTITY = 'https://aws.amazon.com/source_identity'

/**
 * The session tags and the source identity in the claims of a token: tags in one nested claim, or each in a claim of
 * its own, for providers that have no nested ones.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_adding-assume-role-idp
 */
export function claimedSession(claims: Readonly<Record<string, unknown>>): ClaimedSession {
  const nested = Object(claims[TAGS]) as { principal_tags?: unknown; transitive_tag_keys?: unknown }
  const flat = Object.entries(claims).flatMap(([name, value]): [string, unknown][] =>
    name.startsWith(`${TAGS}/principal_tags/`) ? [[name.slice(`${TAGS}/principal_tags/`.length), value]] : [],
  )
  const tags = [...Object.entries(Object(nested.principal_tags) as object), ...flat]
  const sourceIdentity = claims[SOURCE_IDENTITY]
  return {
    tags: tags.flatMap(([Key, value]) => textsIn(value).map((Value) => ({ Key, Value }))),
    transitiveTagKeys: [...textsIn(nested.transitive_tag_keys), ...textsIn(claims[`${TAGS}/transitive_tag_keys`])],
    ...(typeof sourceIdentity === 'string' && { sourceIdentity }),
  }
}

/** The texts of a claim that is one text or a list of them. */
const textsIn = (value: unknown): string[] => [value].flat().filter((each) => typeof each === 'string')
