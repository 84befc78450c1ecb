import { request } from 'undici'
import { digestOf, mediaTypes, seededBytes } from './upstream-content.js'

/** An image of layers from a small selection, so that images share layers and deleting one affects others. */
export interface SoakImage {
  readonly digest: string
  readonly manifest: Buffer
  readonly blobs: ReadonlyMap<string, Buffer>
}

const LAYERS = 120
const layers = Array.from({ length: LAYERS }, (_, index) => seededBytes(2000 + 97 * index, `soak layer ${index}`))

/** The image with this number. */
export function soakImage(number: number): SoakImage {
  const config = Buffer.from(JSON.stringify({ number: number % 7 }))
  const chosen = [number, number * 5 + 1, number * 7 + 3].map((index) => layers[index % LAYERS]!)
  const blobs = new Map([config, ...chosen].map((bytes) => [digestOf(bytes), bytes]))
  const [first, ...others] = [...blobs].map(([digest, { length: size }]) => ({
    ...{ mediaType: mediaTypes.ociLayer, digest, size },
  }))
  const manifest = Buffer.from(
    JSON.stringify({
      ...{ schemaVersion: 2, mediaType: mediaTypes.ociManifest },
      ...{
        config: { ...first, mediaType: mediaTypes.ociConfig },
        layers: others,
        annotations: { number: `${number}` },
      },
    }),
  )
  return { digest: digestOf(manifest), manifest, blobs }
}

/** Counts of what a client did. */
export interface SoakTally {
  requests: number
  pushes: number
  /** Counts pushes that were repeated because a layer reported as present was gone when the manifest arrived. */
  pushedAgain: number
  deletes: number
  imports: number
}

/** A registry client that pushes as Docker does: it checks each layer and uploads or mounts missing ones. */
export function soakClient(origin: string, authorization: () => string, tally: SoakTally) {
  async function ask(method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE', path: string, body?: Buffer, type?: string) {
    const accept = Object.values(mediaTypes).join(', ')
    const headers = { authorization: authorization(), accept, ...(type !== undefined && { 'content-type': type }) }
    const answer = await request(`${origin}/v2/${path}`, { method, headers, body: body ?? null })
    tally.requests++
    return { status: answer.statusCode, body: Buffer.from(await answer.body.arrayBuffer()), headers: answer.headers }
  }

  async function pushBlob(repository: string, digest: string, bytes: Buffer, mountFrom: string) {
    if ((await ask('HEAD', `${repository}/blobs/${digest}`)).status === 200) return
    const mounted = await ask('POST', `${repository}/blobs/uploads/?mount=${digest}&from=${mountFrom}`)
    if (mounted.status === 201) return
    const location = String(mounted.headers.location).slice('/v2/'.length)
    const put = await ask('PUT', `${location}?digest=${digest}`, bytes, 'application/octet-stream')
    if (put.status !== 201) throw new Error(`PUT of a layer: ${put.status} ${put.body.toString()}`)
  }

  return {
    ask,
    async push(repository: string, tag: string, image: SoakImage, mountFrom: string) {
      for (let tries = 1; ; tries++) {
        for (const [digest, bytes] of image.blobs) await pushBlob(repository, digest, bytes, mountFrom)
        const put = await ask('PUT', `${repository}/manifests/${tag}`, image.manifest, mediaTypes.ociManifest)
        if (put.status === 201) return void tally.pushes++
        if (tries === 20) throw new Error(`PUT of a manifest: ${put.status} ${put.body.toString()}`)
        tally.pushedAgain++
      }
    },
    async remove(repository: string, tag: string) {
      const { status } = await ask('DELETE', `${repository}/manifests/${tag}`)
      if (status !== 202) throw new Error(`DELETE of a manifest: ${status}`)
      tally.deletes++
    },
    /** Returns the digests of all parts of an image whose content is wrong. */
    async wrong(repository: string, tag: string): Promise<string[]> {
      const { status, body } = await ask('GET', `${repository}/manifests/${tag}`)
      if (status !== 200) return [`${repository}:${tag}: ${status} ${body.toString()}`]
      const { config, layers: listed } = JSON.parse(body.toString()) as Record<'config' | 'layers', never>
      const wrong: string[] = []
      for (const { digest } of [config, ...listed] as { digest: string }[]) {
        const blob = await ask('GET', `${repository}/blobs/${digest}`)
        if (blob.status !== 200 || digestOf(blob.body) !== digest)
          wrong.push(`${repository}:${tag} ${digest}: ${blob.status}`)
      }
      return wrong
    },
  }
}
