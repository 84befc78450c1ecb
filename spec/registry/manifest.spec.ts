import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { contentSize, digestOf, isDigest, mediaTypes, parseManifest } from '../../src/registry/images/manifest.js'
import { imageManifest, sha256 } from '../support/push.js'

const refused = "Invalid parameter at 'ImageManifest' failed to satisfy constraint: 'Invalid JSON syntax'"
const parse = (json: unknown, mediaType?: string) => parseManifest(Buffer.from(JSON.stringify(json)), mediaType)
const blob = (content: string) => ({ digest: sha256(content), size: content.length })
const image = (rest: object = {}) => JSON.parse(imageManifest(blob('{}'), [blob('a layer')], rest)) as object

describe('manifest', () => {
  it('An image manifest needs its config and its layers', () => {
    const manifest = parse(image())
    expect(manifest.blobs.map(({ digest }) => digest)).toEqual([sha256('{}'), sha256('a layer')])
    expect(contentSize(manifest)).toBe(9)
  })

  it('An image manifest does not need foreign layers, which clients fetch from elsewhere', () => {
    const foreign = 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip'
    const { blobs } = parse(image({ layers: [{ mediaType: foreign, ...blob('windows') }] }))
    expect(blobs.map(({ digest }) => digest)).toEqual([sha256('{}')])
  })

  it.each([mediaTypes.ociIndex, mediaTypes.dockerList])('A manifest of type %s lists other manifests', (mediaType) => {
    const member = { mediaType: mediaTypes.ociManifest, ...blob('a member'), platform: { os: 'linux' } }
    const manifest = parse({ schemaVersion: 2, mediaType, manifests: [member] })
    expect(manifest).toMatchObject({ mediaType, blobs: [], manifests: [{ digest: member.digest, size: 8 }] })
  })

  it('A parsed manifest has its artifact type, its subject and its annotations', () => {
    const subject = { mediaType: mediaTypes.ociManifest, ...blob('subject') }
    const annotations = { 'org.opencontainers.image.created': '2026-01-02' }
    const manifest = parse(image({ subject, annotations, artifactType: 'application/spdx+json' }))
    expect(manifest).toMatchObject({ subject: subject.digest, annotations, artifactType: 'application/spdx+json' })
  })

  it('A manifest without a media type takes the declared one, and a manifest with one must agree with it', () => {
    const bare = image({ mediaType: undefined })
    expect(parse(bare, mediaTypes.ociManifest).mediaType).toBe(mediaTypes.ociManifest)
    expect(() => parse(bare)).toThrow(refused)
    expect(() => parse(image(), mediaTypes.dockerManifest)).toThrow(refused)
  })

  it.each<[string, object]>([
    ['of schema 1', image({ schemaVersion: 1 })],
    ['of an unknown type', image({ mediaType: 'application/json' })],
    ['without layers', image({ layers: undefined })],
    ['without a config', image({ config: undefined })],
    ['with an invalid digest', image({ layers: [{ mediaType: 'a/b', digest: 'sha256:abc', size: 1 }] })],
    ['with a negative size', image({ layers: [{ mediaType: 'a/b', digest: sha256(''), size: -1 }] })],
    ['with a size that is a string', image({ layers: [{ mediaType: 'a/b', digest: sha256(''), size: '1' }] })],
    ['with a subject that is not a descriptor', image({ subject: 'sha256:abc' })],
  ])('A manifest %s is refused', (_, json) => {
    expect(() => parse(json)).toThrow(refused)
  })

  it.each(['', '[]', 'null', '"text"', '<html>'])('The text %j is not a manifest', (text) => {
    expect(() => parseManifest(Buffer.from(text), mediaTypes.ociManifest)).toThrow(refused)
  })
})

describe('digest', () => {
  it('A digest is computed with sha256 unless the client names a sha512 digest', () => {
    const sha512 = `sha512:${createHash('sha512').update('bytes').digest('hex')}`
    expect(digestOf(Buffer.from('bytes'))).toBe(sha256('bytes'))
    expect(digestOf(Buffer.from('bytes'), `sha512:${'0'.repeat(128)}`)).toBe(sha512)
    expect([sha512, sha256('bytes')].every(isDigest)).toBe(true)
  })

  it.each(['', 'sha256:', `sha256:${'A'.repeat(64)}`, `sha256:${'0'.repeat(63)}`, `md5:${'0'.repeat(32)}`])(
    'The text %j is not a digest',
    (text) => {
      expect(isDigest(text)).toBe(false)
    },
  )
})
