import type { LookupFunction } from 'node:net'
import { describe, expect, it } from 'vitest'
import { isPublicAddress } from '../../../src/adapters/upstream/address-rules.js'
import { faultyUpstream } from '../../support/faulty-upstream.js'
import { redirect } from '../../support/upstream-faults.js'
import { pullingAccount, pullingFrom } from '../../support/upstream-pulling.js'

/** A name server that returns the next address of a name with each lookup and then repeats the last one. */
const resolving = (names: Record<string, string[]>): LookupFunction => {
  const asked = new Map<string, number>()
  return (hostname, _, callback) => {
    const turn = asked.get(hostname) ?? 0
    asked.set(hostname, turn + 1)
    const addresses = names[hostname] ?? []
    const address = addresses[Math.min(turn, addresses.length - 1)] ?? ''
    callback(null, [{ address, family: address.includes(':') ? 6 : 4 }])
  }
}

describe('Public addresses', () => {
  it.each(['93.184.216.34', '1.1.1.1', '172.32.0.1', '2606:4700::1111', '64:ff9b::5db8:d822', '::ffff:1.1.1.1'])(
    'The address %s is public',
    (address) => expect(isPublicAddress(address)).toBe(true),
  )

  it.each([
    '127.0.0.1',
    '127.8.9.10',
    '10.0.0.1',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '255.255.255.255',
    '224.0.0.1',
    '::1',
    '::',
    'fe80::1',
    'fc00::1',
    'fd00:ec2::254',
    'ff02::1',
    '::ffff:127.0.0.1',
    '::ffff:a9fe:a9fe',
    '64:ff9b::a00:1',
    '::127.0.0.1',
    '::7f00:1',
    '::8.8.8.8',
    '::ffff:0:808:808',
    '64:ff9b::7f00:1',
    '64:ff9b:1::808:808',
    '2002:808:808::1',
    '2002:7f00:1::',
    '2001::1',
    '2001:db8::1',
    '2001:2::1',
    '2001:10::1',
    '2001:20::1',
    '3fff::1',
    '5f00::1',
    '100::1',
    '100:0:0:1::1',
    '4000::1',
    'fec0::1',
    'fe80::1%eth0',
    '2606:4700::1111%eth0',
    '192.0.0.1',
    '192.0.2.1',
    '192.88.99.1',
    '198.18.0.1',
    '198.51.100.1',
    '203.0.113.1',
    '240.0.0.1',
    '127.1',
    '0177.0.0.1',
    '0x7f.1',
    '2130706433',
    'not an address',
    '',
  ])('The address %s is not public', (address) => expect(isPublicAddress(address)).toBe(false))
})

describe('An upstream that the settings do not name', () => {
  const refused = (host: string, address: string) => ({
    name: 'UpstreamFailure',
    kind: 'unavailable',
    message: `The upstream registry ${host} could not be asked for app:latest: ${host.split(':')[0]} is at ${address}, which is no public address.`,
  })

  it.each(['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1'])(
    'An upstream that is not in the settings is not contacted at the private address %s',
    async (address) => {
      await using pulling = pullingFrom(
        { url: 'http://127.0.0.1:9' },
        { lookup: resolving({ 'sly.example': [address] }) },
      )
      await expect(pulling.upstreams.of('sly.example', pullingAccount).resolve('app', 'latest')).rejects.toMatchObject(
        refused('sly.example', address),
      )
      expect(pulling.waits).toEqual([])
    },
  )

  it.each([
    ['127.0.0.1:8443', '127.0.0.1'],
    ['[::127.0.0.1]', '::7f00:1'],
    ['[::ffff:127.0.0.1]:8443', '::ffff:7f00:1'],
    ['[2002:7f00:1::]', '2002:7f00:1::'],
    ['2130706433', '127.0.0.1'],
    ['0x7f.1', '127.0.0.1'],
  ])(
    'An upstream that is not in the settings is not contacted at a private address written as %s',
    async (host, address) => {
      await using pulling = pullingFrom({ url: 'http://127.0.0.1:9' })
      await expect(pulling.upstreams.of(host, pullingAccount).resolve('app', 'latest')).rejects.toMatchObject({
        kind: 'unavailable',
        message: expect.stringContaining(`is at ${address}, which is no public address`),
      })
    },
  )
})

describe('Redirects of an upstream named in the settings', () => {
  it('A configured upstream may redirect to another port of this machine if that is configured, too', async () => {
    await using storage = await faultyUpstream()
    await using upstream = await faultyUpstream({ mirrorOf: storage })
    const digest = upstream.addBlob(10)
    upstream.fault('/blobs/', redirect(storage.url))
    await using pulling = pullingFrom(upstream, { endpoints: { 'storage.example': { endpoint: storage.url } } })
    const { size, body } = await pulling.registry.blob('app', digest)
    body.resume()
    expect(size).toBe(10)
  })

  it.each(['url', 'localhostUrl'] as const)(
    'A configured upstream may not redirect to a port of this machine that is not configured (%s)',
    async (which) => {
      await using storage = await faultyUpstream()
      await using upstream = await faultyUpstream({ mirrorOf: storage })
      const digest = upstream.addBlob(10)
      upstream.fault('/blobs/', redirect(storage[which]))
      await using pulling = pullingFrom(upstream, { endpoint: upstream[which] })
      await expect(pulling.registry.blob('app', digest)).rejects.toMatchObject({ kind: 'unavailable' })
      expect(storage.requests).toEqual([])
    },
  )

  it("A redirect to the upstream's own host on another port is refused if the host resolves to this machine", async () => {
    await using storage = await faultyUpstream()
    await using upstream = await faultyUpstream({ mirrorOf: storage })
    const digest = upstream.addBlob(10)
    const at = (url: string) => `http://inside.example:${new URL(url).port}`
    upstream.fault('/blobs/', redirect(at(storage.url)))
    const lookup = resolving({ 'inside.example': ['127.0.0.1'] })
    await using pulling = pullingFrom(upstream, { endpoint: at(upstream.url), lookup })
    await expect(pulling.registry.blob('app', digest)).rejects.toThrow(
      'inside.example is at 127.0.0.1, this machine, where only the ports named under "upstreams" may be asked',
    )
    expect(storage.requests).toEqual([])
  })

  it('A configured upstream may not redirect to plain http on a host that is not configured', async () => {
    await using storage = await faultyUpstream()
    await using upstream = await faultyUpstream({ mirrorOf: storage })
    const digest = upstream.addBlob(10)
    upstream.fault('/blobs/', redirect(storage.localhostUrl))
    await using pulling = pullingFrom(upstream)
    await expect(pulling.registry.blob('app', digest)).rejects.toMatchObject({ kind: 'unavailable' })
    expect(storage.requests).toEqual([])
  })

  it('A redirect into the private network is refused, even if the name had a public address before', async () => {
    await using upstream = await faultyUpstream()
    const digest = upstream.addBlob(10)
    upstream.fault('/blobs/', redirect('https://rebound.example'))
    const lookup = resolving({ 'rebound.example': ['93.184.216.34', '127.0.0.7'] })
    lookup('rebound.example', {}, () => {})
    await using pulling = pullingFrom(upstream, { lookup })
    await expect(pulling.registry.blob('app', digest)).rejects.toThrow('rebound.example is at 127.0.0.7')
  })
})
