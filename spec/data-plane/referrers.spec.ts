import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { errorIn, type RunningRegistry, startRegistry } from '../support/registry.js'
import { type AddedImage, digestOf, makeIndex, manifestOf, mediaTypes } from '../support/upstream-content.js'

const SBOM = 'application/vnd.example.sbom+json'
const SIGNATURE = 'application/vnd.example.signature'

describe('GET /v2/<name>/referrers/<digest>', () => {
  let running: RunningRegistry
  let subject: AddedImage
  let sbom: AddedImage
  let signature: AddedImage
  let plain: AddedImage

  beforeAll(async () => {
    running = await startRegistry()
    for (const name of ['app', 'other']) await running.createRepository(name)
    subject = await running.push('app', { tag: 'latest' })
    const about = { subject: { mediaType: subject.mediaType, digest: subject.digest, size: subject.bytes.length } }
    sbom = await running.push('app', {
      seed: 'sbom',
      extra: { ...about, artifactType: SBOM, annotations: { 'org.example.tool': 'x' } },
    })
    signature = await running.push('app', { seed: 'signature', extra: { ...about, artifactType: SIGNATURE } })
    plain = await running.push('app', { seed: 'plain', extra: about })
  })
  afterAll(() => running[Symbol.asyncDispose]())

  const list = (query = '', digest = subject.digest, name = 'app') =>
    running.send('GET', `/v2/${name}/referrers/${digest}${query}`)
  const manifestsIn = ({ body }: { body: Buffer }) =>
    (JSON.parse(body.toString()) as { manifests: { digest: string }[] }).manifests

  it('The referrers of an image are an index of the manifests that name it as their subject', async () => {
    const answer = await list()

    expect(answer.status).toBe(200)
    expect(answer.headers['content-type']).toBe(mediaTypes.ociIndex)
    expect(answer.headers['oci-filters-applied']).toBeUndefined()
    expect(JSON.parse(answer.body.toString())).toMatchObject({ schemaVersion: 2, mediaType: mediaTypes.ociIndex })
    const expected = [
      {
        ...{ mediaType: mediaTypes.ociManifest, digest: sbom.digest, size: sbom.bytes.length },
        ...{ artifactType: SBOM, annotations: { 'org.example.tool': 'x' } },
      },
      {
        ...{ mediaType: mediaTypes.ociManifest, digest: signature.digest, size: signature.bytes.length },
        artifactType: SIGNATURE,
      },
      {
        ...{ mediaType: mediaTypes.ociManifest, digest: plain.digest, size: plain.bytes.length },
        artifactType: mediaTypes.ociConfig,
      },
    ]
    expect(manifestsIn(answer)).toEqual(expected.sort((a, b) => (a.digest < b.digest ? -1 : 1)))
  })

  it('The referrers of an image include an index that names it as its subject', async () => {
    const about = { mediaType: plain.mediaType, digest: plain.digest, size: plain.bytes.length }
    const content = JSON.parse(makeIndex([subject]).bytes.toString()) as object
    const index = manifestOf(Buffer.from(JSON.stringify({ ...content, subject: about })), mediaTypes.ociIndex)
    expect((await running.putManifest('app', index)).headers['oci-subject']).toBe(plain.digest)

    expect(manifestsIn(await list('', plain.digest))).toEqual([
      { mediaType: mediaTypes.ociIndex, digest: index.digest, size: index.bytes.length },
    ])
  })

  it('The referrers can be filtered by artifact type, and OCI-Filters-Applied says so', async () => {
    const { headers, ...answer } = await list(`?artifactType=${encodeURIComponent(SBOM)}`)

    expect(headers['oci-filters-applied']).toBe('artifactType')
    expect(manifestsIn(answer).map(({ digest }) => digest)).toEqual([sbom.digest])
    expect(manifestsIn(await list('?artifactType=none'))).toEqual([])
  })

  it('The Link header of the referrers leads to the next page', async () => {
    const all = manifestsIn(await list())
    const first = await list('?n=2')
    expect(manifestsIn(first)).toEqual(all.slice(0, 2))
    const [, next] = /^<([^>]+)>; rel="next"$/.exec(first.headers.link as string) ?? []

    const second = await running.send('GET', next ?? '')
    expect(manifestsIn(second)).toEqual(all.slice(2))
    expect(second.headers.link).toBeUndefined()
  })

  it('The Link header of filtered referrers keeps the filter', async () => {
    const { headers } = await list(`?n=1&artifactType=${encodeURIComponent(SIGNATURE)}`)
    expect(headers.link).toBeUndefined()

    const about = { mediaType: subject.mediaType, digest: subject.digest, size: subject.bytes.length }
    await running.push('app', { seed: 'another signature', extra: { subject: about, artifactType: SIGNATURE } })
    const page = await list(`?n=1&artifactType=${encodeURIComponent(SIGNATURE)}`)
    expect(page.headers.link).toContain(`artifactType=${encodeURIComponent(SIGNATURE)}&n=1&last=sha256%3A`)
  })

  it('A page of referrers ends before its index exceeds the size limit of a manifest', async () => {
    const own = await startRegistry()
    await own.createRepository('big')
    const missing = { mediaType: mediaTypes.ociManifest, digest: digestOf(Buffer.from('missing')), size: 7 }
    for (const seed of ['1', '2', '3']) {
      const annotations = { filling: seed.repeat(1_500_000) }
      await own.push('big', { seed, extra: { subject: missing, annotations } })
    }
    const first = await own.send('GET', `/v2/big/referrers/${missing.digest}`)
    await own[Symbol.asyncDispose]()

    expect(manifestsIn(first)).toHaveLength(2)
    expect(first.headers.link).toContain('rel="next"')
  })

  it('The referrers of an image without any are an empty index, even if the image does not exist', async () => {
    for (const digest of [sbom.digest, digestOf(Buffer.from('nowhere'))]) {
      const answer = await list('', digest)
      expect(answer.status).toBe(200)
      expect(manifestsIn(answer)).toEqual([])
    }
    expect(manifestsIn(await list('', subject.digest, 'other'))).toEqual([])
  })

  it('A deleted referrer is no longer listed', async () => {
    await using own = await startRegistry()
    await own.createRepository('app')
    const image = await own.push('app')
    const about = { mediaType: image.mediaType, digest: image.digest, size: image.bytes.length }
    const referrer = await own.push('app', { seed: 'referrer', extra: { subject: about } })
    await own.send('DELETE', `/v2/app/manifests/${referrer.digest}`)

    expect(manifestsIn(await own.send('GET', `/v2/app/referrers/${image.digest}`))).toEqual([])
  })

  it('The referrers of an unknown repository or of a malformed digest are refused', async () => {
    const unknown = await list('', subject.digest, 'nowhere')
    expect(unknown.status).toBe(404)
    expect(errorIn(unknown).code).toBe('NAME_UNKNOWN')

    for (const digest of ['sha256:short', 'latest', 'md5:d41d8cd98f00b204e9800998ecf8427e']) {
      const answer = await list('', digest)
      expect(answer.status).toBe(400)
      expect(errorIn(answer)).toEqual({
        code: 'DIGEST_INVALID',
        message: `The digest '${digest}' is not a sha256 or sha512 digest`,
      })
    }
  })
})
