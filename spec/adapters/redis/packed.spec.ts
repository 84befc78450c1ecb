import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { packed, unpacked } from '../../../src/adapters/redis/packed.js'

const digest = (seed: string) => `sha256:${createHash('sha256').update(seed).digest('hex')}`
const layer = 'application/vnd.oci.image.layer.v1.tar+gzip'
const image = {
  ...{ repository: 'team/service', digest: digest('m'), mediaType: 'application/vnd.oci.image.manifest.v1+json' },
  blobs: ['c', 'l1', 'l2', 'l3'].map((seed) => ({ digest: digest(seed), size: 29_124_821, mediaType: layer })),
  ...{ manifests: [], manifestSize: 1053, imageSize: 33_374_463, tags: ['v1.0'], pushedAt: 1_700_000_000_000 },
}
const key = `${image.repository} ${image.digest}`
const roundTrip = (json: string, under = key) => unpacked(under, packed(under, json))

describe('Packed records', () => {
  it('A packed record is less than a quarter as long', () => {
    const json = JSON.stringify(image)
    expect(roundTrip(json)).toBe(json)
    expect(packed(key, json).length).toBeLessThan(json.length / 4)
    const record = { repository: 'team/service', ...image.blobs[0], isInImage: true }
    expect(packed(`team/service ${digest('c')}`, JSON.stringify(record)).length).toBeLessThan(16)
  })
  it('A record is packed to the same bytes every time', () => {
    expect(packed(key, JSON.stringify(image))).toEqual(packed(key, JSON.stringify({ ...image })))
  })
  it('A packed record is restored exactly, for any JSON and any key', () => {
    const pieces = fc.constantFrom(
      ...[',"size":', '},{"digest":', '"tags":["', `"${digest('x')}"`, digest('y'), '$&', '\u2028', 'é', '\u{10ffff}'],
      ...['"', '\\"', '\\u0001', '{"repository":', image.repository, '\\', ' ', '  "a b": [1,\n\t2]', '\x1c', '\x1f'],
    )
    const text = fc.oneof(
      fc.array(pieces).map((each) => each.join('')),
      fc.json(),
      fc.string({ unit: 'binary' }),
    )
    const keys = fc.oneof(
      fc.constant(key),
      fc.string({ unit: 'binary' }),
      fc.constantFrom('', ' ', 'a a', '"', ', :', ','),
    )
    fc.assert(
      fc.property(text, keys, (json, under) => {
        expect(roundTrip(json, under)).toBe(json)
        const record = JSON.stringify({ json, repository: under, digest: digest(json), parts: under.split(' ') })
        expect(roundTrip(record, under)).toBe(record)
      }),
      { numRuns: 500 },
    )
  })
  it('Digests in an unusual form survive packing', () => {
    for (const odd of [
      digest('x').toUpperCase(),
      digest('x').slice(0, -1),
      `${digest('x')}0`,
      `sha512:${'a'.repeat(128)}`,
    ]) {
      expect(roundTrip(JSON.stringify({ digest: odd }))).toBe(JSON.stringify({ digest: odd }))
    }
  })
})
