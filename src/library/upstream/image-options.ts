import { UsageError } from '../../config/usage-error.js'

/** What an image of a test consists of. All of it has a default, and equal options make equal digests. */
export interface ImageOptions {
  /** Makes an index of one image for each of these, such as `linux/arm64/v8`; else one image for `linux/amd64`. */
  readonly platforms?: readonly string[]
  /** Distinguishes images: the uppermost layer and the label `org.opencontainers.image.version` depend on it. */
  readonly version?: string
  /** The layers, or how many there are; 2 unless given. */
  readonly layers?: number | readonly Layer[]
  /** The bytes that do not compress in each layer of which nothing else is said; 1024 unless given. */
  readonly layerBytes?: number
  /** Members of the configuration that containers are started with: `{ Cmd: ['/hello'], Env: ['A=1'] }`. */
  readonly config?: Readonly<Record<string, unknown>>
  /** Of the index, or of the image if there is no index. */
  readonly annotations?: Readonly<Record<string, string>>
  /** The media types: those of OCI unless given. Docker's have no annotations. */
  readonly format?: 'oci' | 'docker'
}

/** A layer of an image: a tar archive with these files. */
export interface Layer {
  /** Content by path: `{ 'etc/motd': 'hello' }`. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>
  /** How many bytes that do not compress it has in addition. */
  readonly bytes?: number
}

/** Longer paths need an extension of the archive format. */
const MAX_PATH_BYTES = 100

/** Refuses options of which no image can be made. Throws UsageError. */
export function requireImageOptions({
  platforms,
  layers = 1,
  layerBytes = 0,
  format,
  annotations,
}: ImageOptions): void {
  const platform = platforms?.find((name) => !/^[a-z0-9]+\/[a-z0-9]+(?:\/[a-z0-9]+)?$/.test(name))
  if (platform !== undefined || platforms?.length === 0)
    wrong('platforms', "are a list such as ['linux/amd64', 'linux/arm64/v8']", platform ?? platforms)
  if (typeof layers === 'number' && !isCount(layers, 1)) wrong('layers', 'is a whole number, 1 or more', layers)
  if (!isCount(layerBytes, 0)) wrong('layerBytes', 'is a whole number, 0 or more', layerBytes)
  if (format === 'docker' && annotations) wrong('annotations', 'need the format oci', format)
  if (typeof layers !== 'number') requireLayers(layers)
}

function requireLayers(layers: readonly Layer[]): void {
  if (layers.length === 0) wrong('layers', 'is a list of one layer or more', layers)
  for (const { files = {}, bytes = 0 } of layers) {
    if (!isCount(bytes, 0)) wrong('bytes of a layer', 'is a whole number, 0 or more', bytes)
    const path = Object.keys(files).find((name) => Buffer.byteLength(name) > MAX_PATH_BYTES || !IS_PATH.test(name))
    if (path !== undefined)
      wrong('files of a layer', `have paths such as 'etc/motd', of ${MAX_PATH_BYTES} bytes at most`, path)
  }
}

const isCount = (value: number, least: number) => Number.isSafeInteger(value) && value >= least

const IS_PATH = /^[^/](?:.*[^/])?$/s

function wrong(option: string, right: string, value: unknown): never {
  throw new UsageError(`upstream.image: ${option} ${right}, not ${JSON.stringify(value)}`)
}
