import { describe, expect, it } from 'vitest'
import { mediaTypes, parseManifest } from '../../src/registry/images/manifest.js'
import { parsePushedManifest } from '../../src/registry/images/pushed-manifest.js'
import { defaultQuotas } from '../../src/registry/quotas.js'
import { imageManifest, sha256 } from '../support/push.js'

const refused = "Invalid parameter at 'ImageManifest' failed to satisfy constraint: 'Invalid JSON syntax'"
const bytesOf = (json: unknown) => Buffer.from(JSON.stringify(json))
const parsePushed = (json: unknown) => parsePushedManifest(bytesOf(json), undefined, defaultQuotas)

const blob = (content: string) => ({ digest: sha256(content), size: content.length })
const config = { mediaType: 'application/vnd.oci.image.config.v1+json', ...blob('{}') }
const layer = { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', ...blob('a layer') }
const subject = { mediaType: mediaTypes.ociManifest, ...blob('subject') }
const image = (rest: object) => JSON.parse(imageManifest(blob('{}'), [blob('a layer')], rest)) as object
const index = (member: object, mediaType: string = mediaTypes.ociIndex) => ({
  ...{ schemaVersion: 2, mediaType },
  manifests: [{ mediaType: mediaTypes.ociManifest, ...blob('a member'), ...member }],
})
const linux = { architecture: 'amd64', os: 'linux' }
const withParameter = 'application/vnd.dev.sigstore.bundle+json;version=0.2'
const annotations = { 'org.opencontainers.image.title': 'a' }

describe('pushed manifest', () => {
  it.each<[string, object]>([
    ['a platform in the descriptor of its subject', image({ subject: { ...subject, platform: linux } })],
    ['a platform in the descriptor of its config', image({ config: { ...config, platform: linux } })],
    ['a platform in the descriptor of a layer', image({ layers: [layer, { ...layer, platform: linux }] })],
    ['annotations in the descriptor of its config', image({ config: { ...config, annotations } })],
    ['a parameter in its artifact type', image({ artifactType: withParameter })],
    ['a parameter in the media type of its config', image({ config: { ...config, mediaType: withParameter } })],
    ['a parameter in the media type of a layer', image({ layers: [{ ...layer, mediaType: withParameter }] })],
    ['a parameter in the media type of its subject', image({ subject: { ...subject, mediaType: withParameter } })],
    ['an artifact type that is not a media type', image({ artifactType: 'sbom' })],
    ['an artifact type that is not a string', image({ artifactType: 1 })],
    ['a media type that is not a string', image({ mediaType: 2 })],
    ['annotations that are a list', image({ annotations: ['a'] })],
    ['an annotation that is not a string', image({ annotations: { a: 1 } })],
    ['an annotation of a layer that is not a string', image({ layers: [{ ...layer, annotations: { a: null } }] })],
    ['a descriptor member that the specification does not define', image({ layers: [{ ...layer, colour: 'red' }] })],
    ['no layers', image({ layers: [] })],
    ['os.features in a platform', index({ platform: { ...linux, 'os.features': ['nydus.remoteimage.v1'] } })],
    ['features in a platform', index({ platform: { ...linux, features: ['sse4'] } }, mediaTypes.dockerList)],
    ['a platform that is a string', index({ platform: 'linux/amd64' })],
    ['a parameter in the media type of a member', index({ mediaType: `${mediaTypes.ociManifest}; charset=utf-8` })],
    ['a parameter in the artifact type of a member', index({ artifactType: withParameter })],
    [
      'a platform in the descriptor of the subject of an index',
      { ...index({}), subject: { ...subject, platform: linux } },
    ],
  ])('A pushed manifest with %s is refused', (_, json) => {
    expect(() => parsePushed(json)).toThrow(refused)
  })

  it('A pushed manifest that is not UTF-8 is refused', () => {
    const bytes = Buffer.from(bytesOf(image({ annotations: { a: 'é' } })).toString('utf8'), 'latin1')
    expect(() => parsePushedManifest(bytes, undefined, defaultQuotas)).toThrow(refused)
  })

  it.each<[string, object]>([
    ['a subject and an artifact type', image({ subject, artifactType: 'application/spdx+json', annotations })],
    [
      'annotations on its layers and on its subject',
      image({ layers: [{ ...layer, annotations }], subject: { ...subject, annotations } }),
    ],
    ['embedded data in the descriptor of its config', image({ config: { ...config, data: 'e30=' } })],
    ['layers that have URLs', image({ layers: [layer, { ...layer, urls: ['https://example.com/'] }] })],
    [
      'platforms, annotations and artifact types in an index',
      index({ platform: { ...linux, variant: 'v8', 'os.version': '10' }, annotations, artifactType: 'application/x' }),
    ],
    ['the members of a Docker manifest list', index({ platform: linux }, mediaTypes.dockerList)],
  ])('A pushed manifest with %s is accepted', (_, json) => {
    expect(parsePushed(json)).toEqual(parseManifest(bytesOf(json)))
  })

  it('A pushed manifest may have 500 layers and is refused with 501', () => {
    const layers = Array.from({ length: 501 }, (_, count) => ({ ...layer, ...blob(`layer ${count}`) }))
    expect(parsePushed(image({ layers: layers.slice(1) })).blobs).toHaveLength(501)
    expect(() => parsePushed(image({ layers }))).toThrow(
      "Invalid parameter at 'ImageManifest' failed to satisfy constraint: 'Limit on number of layers per image exceeded'",
    )
  })
})

describe('upstream manifest', () => {
  it('A manifest from an upstream may have what a pushed manifest may not', () => {
    const json = index({ platform: { ...linux, 'os.features': ['win32k'] } })
    expect(parseManifest(bytesOf(json)).manifests).toHaveLength(1)
    const artifact = image({ subject: { ...subject, platform: linux }, artifactType: withParameter, layers: [] })
    expect(parseManifest(bytesOf(artifact))).toMatchObject({ artifactType: withParameter, subject: subject.digest })
  })
})
