import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { identitiesIn } from '../../src/access/identities.js'
import { principalOfRoot, principalOfUser } from '../../src/access/principal-ids.js'
import { roleSession } from '../../src/access/role-assumption.js'
import { authorizationToken, MAX_PASSWORD_BYTES, storedPrincipal } from '../../src/access/stored-principals.js'
import { signClaims } from '../../src/access/signed-claims.js'
import { type Grant, openToken } from '../../src/access/token.js'
import { memoryKeyValue } from '../../src/adapters/memory/key-value.js'
import type { Principal } from '../../src/registry/principal.js'
import { installation } from '../../src/registry/registry.js'
import { storeOf } from '../../src/store/store-of.js'

const account = '123456789012'
const secret = 'a secret both planes hold'
const registry = { account, region: 'eu-central-1' }
const hourMs = 60 * 60 * 1000
const wall = Date.UTC(2026, 0, 2)

/** A role whose path and name are as long as IAM allows. */
const path = `/${'p'.repeat(510)}/`
const name = 'n'.repeat(64)
const trustPolicy = { Version: '2012-10-17', Statement: [] }
const role = identitiesIn({ [account]: { roles: { [name]: { trustPolicy, path } } } }).role(
  `arn:aws:iam::${account}:role${path}${name}`,
)!

const request = { requestId: 'r', at: wall, sourceIp: '127.0.0.1', userAgent: 'spec', isSecure: true, isFips: false }
const sessionOf = (properties: Partial<Parameters<typeof roleSession>[1]>): Principal =>
  roleSession(role, {
    principal: principalOfUser(account, 'developer'),
    sessionName: 'build',
    policies: [],
    tags: {},
    transitiveTagKeys: [],
    request,
    ...properties,
  })
const long = sessionOf({ policies: ['x'.repeat(2048)] })
const grantTo = (principal: Principal, more: Partial<Grant> = {}): Grant => ({
  principal,
  registry,
  expiresAt: wall + 12 * hourMs,
  ...more,
})

const newStore = () => storeOf(memoryKeyValue())
type Store = ReturnType<typeof newStore>
const recordsIn = async (store: Store) => (await store.principals.list(installation, { limit: 100 })).items

async function passwordFor(grant: Grant, store: Store): Promise<string> {
  const token = await authorizationToken(grant, { store, secret })
  return Buffer.from(token, 'base64').toString().replace(/^AWS:/, '')
}

/** What a data plane reads from a password. */
async function grantIn(password: string, store: Store, by = secret) {
  const claims = openToken(password, by)
  if (!claims || 'principal' in claims) return claims
  const { principalId, ...terms } = claims
  return { ...terms, principal: await storedPrincipal(principalId, { store, secret: by }) }
}

describe('Any principal that can sign a call', () => {
  const filled = (maxLength: number, ...characters: string[]) =>
    fc
      .tuple(fc.integer({ min: 1, max: maxLength }), fc.constantFrom(...characters))
      .map(([length, character]) => character.repeat(length))
  const text = (maxLength: number) => filled(maxLength, 'x', '"', '\n', 'ü', '✓')
  const word = (maxLength: number) => filled(maxLength, 'w', '=', '-')
  const tags = fc
    .array(fc.tuple(text(120), text(256)), { maxLength: 50 })
    .map((all) => Object.fromEntries(all.map(([key, value], index) => [`${index}${key}`, value])))
  const session = fc
    .record({
      sessionName: word(64),
      policies: fc.array(text(2048), { maxLength: 11 }),
      tags,
      transitiveTagKeys: fc.array(text(128), { maxLength: 50 }),
      sourceIdentity: fc.option(word(64), { nil: undefined }),
      federatedProvider: fc.option(text(255), { nil: undefined }),
    })
    .map((properties) => sessionOf(properties))
  const ofUser = word(64).map((user) => principalOfUser(account, `${path.slice(1)}${user}`))
  const principals = fc.oneof(session, ofUser, fc.constant(principalOfRoot(account)))

  it('Every principal gets a password of at most 2,400 bytes, which reads back as its grant', async () => {
    const store = newStore()
    let stored = 0
    await fc.assert(
      fc.asyncProperty(principals, fc.boolean(), async (principal, isForPublic) => {
        const grant = grantTo(principal, { clockAdvancedBy: 1e12, ...(isForPublic && { isForPublic }) })
        const password = await passwordFor(grant, store)
        expect(Buffer.byteLength(password)).toBeLessThanOrEqual(MAX_PASSWORD_BYTES)
        expect(await grantIn(password, store)).toEqual(JSON.parse(JSON.stringify(grant)))
        if (!('principal' in openToken(password, secret)!)) stored++
      }),
      { numRuns: 60 },
    )
    expect(stored).toBeGreaterThan(0)
    expect(await recordsIn(store)).not.toHaveLength(0)
  })
})

describe('An authorization token of a long session', () => {
  it('A principal that fits into its token is not stored', async () => {
    const store = newStore()
    const grant = grantTo(principalOfUser(account, 'developer'))
    expect(await grantIn(await passwordFor(grant, store), store)).toEqual(grant)
    expect(await recordsIn(store)).toEqual([])
  })

  it('The logins of one session within an hour share a record, which is kept until the last of them ends', async () => {
    const store = newStore()
    const grant = grantTo(long)
    await passwordFor(grant, store)
    const [first] = await recordsIn(store)
    await passwordFor({ ...grant, expiresAt: grant.expiresAt + hourMs }, store)
    expect(await recordsIn(store)).toEqual([first])
    await passwordFor({ ...grant, expiresAt: grant.expiresAt + 2 * hourMs }, store)
    const [later, ...others] = await recordsIn(store)
    expect(others).toEqual([])
    expect(first!.keptUntil).toBeGreaterThan(grant.expiresAt + hourMs)
    expect(later!.keptUntil).toBeGreaterThan(grant.expiresAt + 2 * hourMs)
  })

  it('A record is kept by the machine’s time, because a reset of an advanced clock revives older tokens', async () => {
    const store = newStore()
    const advancedBy = 30 * 24 * hourMs
    const terms = { expiresAt: wall + advancedBy + 12 * hourMs, clockAdvancedBy: advancedBy / 1000 }
    await passwordFor(grantTo(long, terms), store)
    const [{ keptUntil } = { keptUntil: 0 }] = await recordsIn(store)
    expect(keptUntil).toBeGreaterThan(wall + 12 * hourMs)
    expect(keptUntil).toBeLessThan(wall + 14 * hourMs)
  })

  it('The store does not contain the id by which a token names its principal', async () => {
    const store = newStore()
    const claims = openToken(await passwordFor(grantTo(long), store), secret)
    const { principalId } = claims as { principalId: string }
    expect(principalId).toMatch(/^[\w-]{43}$/)
    expect(JSON.stringify(await recordsIn(store))).not.toContain(principalId)
  })

  it.each([
    ['is removed', (store: Store, key: string) => store.principals.remove(installation, key)],
    [
      'names another principal',
      (store: Store, key: string) =>
        store.principals.update(installation, key, (record) => ({
          ...record,
          text: JSON.stringify(principalOfRoot(account)),
        })),
    ],
  ])('A token whose record %s has no principal', async (_, change) => {
    const store = newStore()
    const password = await passwordFor(grantTo(long), store)
    await change(store, (await recordsIn(store))[0]!.idHash)
    expect(await grantIn(password, store)).toMatchObject({ registry, principal: undefined })
  })

  it('A token with both a principal and a reference is refused', () => {
    const both = { ...grantTo(long), principalId: 'id' }
    expect(openToken(signClaims('token', both, secret), secret)).toBeUndefined()
  })
})
