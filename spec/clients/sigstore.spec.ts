import { GetAuthorizationTokenCommand, ListImageReferrersCommand } from '@aws-sdk/client-ecr'
import { bundleFromJSON, bundleToJSON, type SerializedBundle } from '@sigstore/bundle'
import { attachArtifactToImage, getImageDigest } from '@sigstore/oci'
import { DSSEBundleBuilder, type Signer } from '@sigstore/sign'
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify'
import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import { expect, it } from 'vitest'
import { describeWith, registryNeeds } from '../support/describe-with.js'
import { dockerRegistry, registryLogin } from '../support/docker-registry.js'
import { createRule } from '../support/rules.js'
import { digestOf, makeImage, mediaTypes } from '../support/upstream-content.js'
import { twoAccounts, wholeEmulator } from '../support/whole-emulator.js'

const BUNDLE = 'application/vnd.dev.sigstore.bundle.v0.3+json'
const IN_TOTO = 'application/vnd.in-toto+json'
const account = '111122223333'
const secretName = 'ecr-pullthroughcache/quay'

/** A real registry with a login, and an emulator with a rule for it under `quay/`. */
async function signedRegistry() {
  const upstream = await dockerRegistry({ requiresLogin: true })
  const { username, password } = registryLogin
  const emulator = await wholeEmulator({
    upstreams: { 'quay.io': { endpoint: upstream.url } },
    accounts: {
      [account]: { ...twoAccounts[account], secrets: { [secretName]: { username, accessToken: password } } },
    },
  })
  const credentialArn = `arn:aws:secretsmanager:us-east-1:${account}:secret:${secretName}-AbCdEf`
  const rule = { ecrRepositoryPrefix: 'quay', upstreamRegistryUrl: 'quay.io', credentialArn }
  await emulator.ecr().send(createRule(rule))
  return {
    upstream,
    emulator,
    async [Symbol.asyncDispose]() {
      await emulator[Symbol.asyncDispose]()
      await upstream[Symbol.asyncDispose]()
    },
  }
}

/** Pushes an image to the real registry and returns its digest. */
async function pushUpstream(url: string): Promise<string> {
  const { image, blobs } = makeImage({ layers: 1 })
  const authorization = `Basic ${Buffer.from(`${registryLogin.username}:${registryLogin.password}`).toString('base64')}`
  for (const blob of blobs) {
    const started = await fetch(`${url}/v2/team/app/blobs/uploads/`, { method: 'POST', headers: { authorization } })
    const location = new URL(started.headers.get('location') ?? '', url)
    location.searchParams.set('digest', digestOf(blob))
    const headers = { authorization, 'content-type': 'application/octet-stream' }
    expect((await fetch(location, { method: 'PUT', headers, body: new Uint8Array(blob) })).status).toBe(201)
  }
  const headers = { authorization, 'content-type': image.mediaType }
  const put = await fetch(`${url}/v2/team/app/manifests/v1`, {
    method: 'PUT',
    headers,
    body: new Uint8Array(image.bytes),
  })
  expect(put.status).toBe(201)
  return image.digest
}

/** A bundle as cosign attaches it: a statement about the image, signed with a key. */
async function signedBundle(digest: string) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const signer: Signer = {
    sign: async (data) => ({
      signature: sign('sha256', data, privateKey),
      key: {
        $case: 'publicKey',
        publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
        hint: 'ours',
      },
    }),
  }
  const statement = {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: 'team/app', digest: { sha256: digest.replace('sha256:', '') } }],
    predicateType: 'https://sigstore.dev/cosign/sign/v1',
    predicate: {},
  }
  const builder = new DSSEBundleBuilder({ signer, witnesses: [] })
  const bundle = await builder.create({ data: Buffer.from(JSON.stringify(statement)), type: IN_TOTO })
  return { publicKey, text: Buffer.from(JSON.stringify(bundleToJSON(bundle))) }
}

/** Throws unless the bundle was signed with this key. */
function verify(serialized: SerializedBundle, key: Parameters<typeof createPublicKey>[0]) {
  const nothing = { tlogs: [], certificateAuthorities: [], ctlogs: [], timestampAuthorities: [] }
  const root = { mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1', ...nothing }
  const trust = toTrustMaterial(root, () => ({ publicKey: createPublicKey(key), validFor: () => true }))
  const verifier = new Verifier(trust, { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 })
  verifier.verify(toSignedEntity(bundleFromJSON(serialized)))
}

describeWith(registryNeeds, 'A cosign signature of an upstream image', () => {
  it('A signature that @sigstore/oci attached to an upstream image is listed and verifies through the cache', async () => {
    await using given = await signedRegistry()
    const { upstream, emulator } = given
    const digest = await pushUpstream(upstream.url)
    const { publicKey, text } = await signedBundle(digest)
    await attachArtifactToImage({
      imageName: `${upstream.url.replace('http://', '')}/team/app`,
      imageDigest: digest,
      artifact: text,
      mediaType: BUNDLE,
      credentials: registryLogin,
      annotations: { 'dev.sigstore.bundle.content': 'dsse-envelope' },
    })

    const { authorizationData } = await emulator.ecr().send(new GetAuthorizationTokenCommand({}))
    const token = Buffer.from(authorizationData?.[0]?.authorizationToken ?? '', 'base64').toString()
    const password = token.slice(token.indexOf(':') + 1)
    const imageName = `${emulator.registry}/quay/team/app`
    const pulled = await getImageDigest({ imageName, imageTag: 'v1', credentials: { username: 'AWS', password } })
    expect(pulled).toBe(digest)

    const list = await emulator.get(`quay/team/app/referrers/${pulled}?artifactType=${encodeURIComponent(BUNDLE)}`)
    const { manifests } = JSON.parse(list.bytes.toString()) as { manifests: { digest: string }[] }
    expect(manifests).toHaveLength(1)
    const subjectId = { imageDigest: pulled }
    const listed = await emulator
      .ecr()
      .send(new ListImageReferrersCommand({ repositoryName: 'quay/team/app', subjectId }))
    expect(listed.referrers).toMatchObject([
      {
        digest: manifests[0]?.digest,
        artifactType: BUNDLE,
        mediaType: mediaTypes.ociManifest,
        annotations: { 'dev.sigstore.bundle.content': 'dsse-envelope' },
      },
    ])

    const { bytes } = await emulator.get(`quay/team/app/manifests/${manifests[0]?.digest}`)
    const { layers, subject } = JSON.parse(bytes.toString()) as {
      layers: { digest: string }[]
      subject: { digest: string }
    }
    expect(subject.digest).toBe(pulled)
    const blob = await emulator.get(`quay/team/app/blobs/${layers[0]?.digest}`)
    expect(blob.bytes.equals(text)).toBe(true)
    const bundle = JSON.parse(blob.bytes.toString()) as SerializedBundle
    expect(() => verify(bundle, publicKey.export({ type: 'spki', format: 'pem' }))).not.toThrow()

    const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey
    expect(() => verify(bundle, stranger.export({ type: 'spki', format: 'pem' }))).toThrow(/signature verification/)
  })
})
