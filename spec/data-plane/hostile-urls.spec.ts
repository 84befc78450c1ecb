import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { DOWNLOAD_URL_LIFETIME_MS, downloadUrl } from '../../src/access/download-url.js'
import { signText } from '../../src/access/signed-text.js'
import { errorIn, registry, type RunningRegistry, startedAt, startRegistry } from '../support/registry.js'
import { digestOf, seededBytes } from '../support/upstream-content.js'

const secret = 'a secret both planes hold'
const [bytes, others] = [seededBytes(500, 'granted'), seededBytes(500, 'not granted')]
const grant = { registry, repository: 'app', digest: digestOf(bytes) }
const genuine = new URL(downloadUrl('http://localhost', grant, startedAt, secret))
const part = (name: string) => genuine.searchParams.get(name) ?? ''

/** The genuine query with some parameters changed or left out. */
function queryWith(changes: Record<string, string | undefined>): string {
  const query = new URLSearchParams(genuine.searchParams)
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) query.delete(name)
    else query.set(name, value)
  }
  return query.toString()
}
const and = (more: string) => `${genuine.search.slice(1)}&${more}`
const resigned = (otherSecret: string, purpose = 'layer') =>
  queryWith({
    signature: signText(
      purpose,
      ['123456789012', 'us-east-1', 'app', grant.digest, part('expiresAt')].join(' '),
      otherSecret,
    ),
  })

const tampered: Record<string, string> = {
  nothing: '',
  'only the digest': `digest=${grant.digest}`,
  'another digest': queryWith({ digest: digestOf(others) }),
  'a digest in upper case': queryWith({ digest: grant.digest.toUpperCase() }),
  'a digest that is a path': queryWith({ digest: '../../../../etc/passwd' }),
  'another repository': queryWith({ repository: 'private' }),
  'a repository that is a path': queryWith({ repository: '../app' }),
  'another account': queryWith({ account: '999999999999' }),
  'another Region': queryWith({ region: 'eu-west-1' }),
  'a later end': queryWith({ expiresAt: String(Number(part('expiresAt')) + 1) }),
  'an end in other notation': queryWith({ expiresAt: `${part('expiresAt')}.0` }),
  'an endless end': queryWith({ expiresAt: 'Infinity' }),
  'no end': queryWith({ expiresAt: undefined }),
  'an empty end': queryWith({ expiresAt: '' }),
  'no signature': queryWith({ signature: undefined }),
  'an empty signature': queryWith({ signature: '' }),
  'a signature cut by one': queryWith({ signature: part('signature').slice(0, -1) }),
  'a signature with one more': queryWith({ signature: `${part('signature')}A` }),
  'a signature of zeros': queryWith({ signature: 'A'.repeat(43) }),
  'no account': queryWith({ account: undefined }),
  'no Region': queryWith({ region: undefined }),
  'no repository': queryWith({ repository: undefined }),
  'no digest': queryWith({ digest: undefined }),
  'parts shifted by one': queryWith({ account: '123456789012 us-east-1', region: 'app', repository: grant.digest }),
  'a second digest': and(`digest=${digestOf(others)}`),
  'the same digest twice': and(`digest=${grant.digest}`),
  'a second repository': and('repository=private'),
  'a second signature': and('signature=AAAA'),
  'a second end': and('expiresAt=9999999999999'),
  'one more parameter': and('X-Amz-Date=20260102T030405Z'),
  'names in upper case': genuine.search.slice(1).toUpperCase(),
  'a second question mark': `${genuine.search.slice(1)}?x=y`,
  'a signature by another installation': resigned('another secret'),
  'a signature for a token': resigned(secret, 'token'),
  'a signature for an import': resigned(secret, 'import'),
  'a NUL in the repository': queryWith({ repository: 'app\0' }),
  'names of Object.prototype': '__proto__=1&constructor=2&signature=3&digest=4&account=5&region=6',
  'ten kilobytes': queryWith({ repository: 'a'.repeat(10_000) }),
  'percent signs that encode nothing': genuine.search.slice(1).replace('app', '%zz%'),
}

describe('forged and altered layer URLs', () => {
  let running: RunningRegistry
  beforeAll(async () => {
    running = await startRegistry()
    for (const name of ['app', 'private']) await running.createRepository(name)
    await running.pushBlob('app', bytes)
    await running.pushBlob('private', others)
  })
  afterAll(() => running[Symbol.asyncDispose]())

  const get = (query: string, method = 'GET', of = running) =>
    of.send(method, `/_layers?${query}`, { headers: { authorization: '' } })

  it('A genuine layer URL returns the layer', async () => {
    expect((await get(genuine.search.slice(1))).body.equals(bytes)).toBe(true)
  })

  it.each(Object.entries(tampered))('A layer URL with %s is refused with 403', async (_, query) => {
    const error = vi.spyOn(running.deps.log, 'error')
    const answer = await get(query)

    expect(answer.status).toBe(403)
    expect(errorIn(answer)).toEqual({
      code: 'DENIED',
      message: 'The layer URL is not valid or has expired. Request a new one.',
    })
    expect(error).not.toHaveBeenCalled()
    error.mockRestore()
  })

  it('A layer URL is refused once its hour is over', async () => {
    await using own = await startRegistry()
    await own.createRepository('app')
    await own.pushBlob('app', bytes)
    await own.deps.clock.advance(DOWNLOAD_URL_LIFETIME_MS / 1000 - 1)
    expect((await get(genuine.search.slice(1), 'GET', own)).status).toBe(200)
    await own.deps.clock.advance(1)
    expect((await get(genuine.search.slice(1), 'GET', own)).status).toBe(403)
  })

  it('A layer URL allows only GET and HEAD', async () => {
    expect((await get(genuine.search.slice(1), 'HEAD')).status).toBe(200)
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      expect((await get(genuine.search.slice(1), method)).status, method).toBe(405)
    }
  })

  it('The query of a layer URL is no credential for other endpoints', async () => {
    const { status } = await running.send('GET', `/v2/app/blobs/${grant.digest}${genuine.search}`, {
      headers: { authorization: '' },
    })
    expect(status).toBe(401)
  })
})
