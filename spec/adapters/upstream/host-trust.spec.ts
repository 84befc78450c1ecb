import { describe, expect, it } from 'vitest'
import {
  mayHaveCredentials,
  realmRefusal,
  redirectTarget,
  trustRule,
} from '../../../src/adapters/upstream/host-trust.js'

const url = (text: string) => new URL(text)

describe('Realms that may receive credentials', () => {
  it.each([
    ['https://quay.io/v2/auth', 'https://quay.io', true, 'the registry itself'],
    ['https://auth.docker.io/token', 'https://registry-1.docker.io', true, 'another host of the same domain'],
    ['https://gitlab.com/jwt/auth', 'https://registry.gitlab.com', true, 'the domain above'],
    ['https://a.co.uk/t', 'https://b.co.uk', false, 'domains that share a public suffix'],
    ['https://evil.github.io/t', 'https://good.github.io', false, 'domains under a private suffix'],
    ['https://docker.io.evil.com/t', 'https://registry-1.docker.io', false, 'a look-alike'],
    ['http://quay.io/v2/auth', 'https://quay.io', false, 'plain http on the same host'],
    ['http://auth.docker.io/t', 'http://registry.docker.io', false, 'plain http on the same domain'],
    ['http://127.0.0.1:5000/t', 'http://127.0.0.1:5000', true, 'a test registry itself'],
    ['http://127.0.0.1:5001/t', 'http://127.0.0.1:5000', false, 'another port of an address'],
    ['https://127.0.0.1:5001/t', 'https://127.0.0.1:5000', false, 'another port of an address over https'],
    ['https://localhost:5001/t', 'https://localhost:5000', false, 'another port of localhost'],
    ['https://quay.io:8443/t', 'https://quay.io', true, 'another port of a domain'],
  ])('The realm %s of the registry %s may receive its credentials: %s (%s)', async (realm, endpoint, shown) => {
    expect(await mayHaveCredentials(url(realm), url(endpoint))).toBe(shown)
  })
})

describe('Accepted realms', () => {
  const endpoint = url('http://127.0.0.1:5000')
  const trust = trustRule([endpoint, url('http://auth.test:5001')], endpoint)
  const inside = url('http://registry.test:5000')

  it.each([
    ['https://auth.example/t', undefined],
    ['http://127.0.0.1:5000/token', undefined],
    ['http://127.0.0.1:5999/token', 'is a plain http address'],
    ['http://auth.test:5001/token', undefined],
    ['http://auth.test:5002/token', 'is a plain http address'],
    ['http://auth.example/t', 'is a plain http address'],
    ['https://user:secret@auth.example/t', 'carries credentials of its own'],
    ['file:///etc/passwd', 'is not an https address'],
  ])('The reason to refuse the realm %s is: %s', (realm, refusal) => {
    expect(realmRefusal(url(realm), trust)).toBe(refusal)
  })

  it('A registry reached by https may not name a plain http realm on its own host', () => {
    const secure = url('https://registry.test')
    expect(realmRefusal(url('http://registry.test/t'), trustRule([secure], secure))).toBe('is a plain http address')
  })

  it('Only configured addresses are trusted if the upstream itself is not configured', () => {
    const elsewhere = trustRule([endpoint], url('https://quay.io'))
    expect(elsewhere(url('http://127.0.0.1:5000/t'))).toBe('configured')
    expect(elsewhere(url('http://127.0.0.1:5999/t'))).toBeUndefined()
    expect(elsewhere(url('http://quay.io/t'))).toBeUndefined()
  })

  it('A realm on another port of a configured upstream is accepted, and its address is checked on connection', () => {
    expect(trustRule([inside], inside)(url('http://registry.test:5001/token'))).toBe('same-host')
  })

  it.each([
    '127.0.0.1',
    '127.8.9.10',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '[::127.0.0.1]',
    'localhost',
    'registry.localhost',
    '0.0.0.0',
  ])('A realm on another port of %s, this machine, is not trusted', (host) => {
    const own = url(`http://${host}:5000`)
    const ownTrust = trustRule([own], own)
    expect(ownTrust(own)).toBe('configured')
    expect(ownTrust(url(`http://${host}:5001`))).toBeUndefined()
    expect(ownTrust(url(`https://${host}:5001`))).toBeUndefined()
  })
})

describe('Redirect targets', () => {
  const endpoint = url('http://127.0.0.1:5000')
  const inside = url('http://registry.test:5000')
  const trust = (to: URL) => trustRule([endpoint, inside], endpoint)(to) ?? trustRule([endpoint, inside], inside)(to)

  it.each([
    ['https://cdn.example/b', 'https://quay.io/v2/b', 'https://cdn.example/b'],
    ['/elsewhere?x=1', 'https://quay.io/v2/b', 'https://quay.io/elsewhere?x=1'],
    ['//cdn.example/b', 'https://quay.io/v2/b', 'https://cdn.example/b'],
    ['http://registry.test:5001/b', 'http://registry.test:5000/v2/b', 'http://registry.test:5001/b'],
    ['https://cdn.example/b', 'http://127.0.0.1:5000/v2/b', 'https://cdn.example/b'],
  ])('The redirect to %s from %s is followed', (location, from, target) => {
    expect(redirectTarget(location, url(from), trust)).toHaveProperty('href', target)
  })

  it.each([
    ['http://127.0.0.1:5000/b', 'https://quay.io/v2/b', 'from https to plain http'],
    ['http://quay.io/b', 'https://quay.io/v2/b', 'from https to plain http'],
    ['http://cdn.example/b', 'http://127.0.0.1:5000/v2/b', 'to plain http at cdn.example'],
    ['http://127.0.0.1:5001/b', 'http://127.0.0.1:5000/v2/b', 'to plain http at 127.0.0.1:5001'],
    ['http://localhost:5000/b', 'http://127.0.0.1:5000/v2/b', 'to plain http at localhost:5000'],
    ['ftp://cdn.example/b', 'https://quay.io/v2/b', 'to ftp:'],
    ['https://[', 'https://quay.io/v2/b', 'to an invalid URL'],
  ])('The redirect to %s from %s is refused', (location, from, refusal) => {
    expect(redirectTarget(location, url(from), trust)).toEqual({ refusal })
  })
})
