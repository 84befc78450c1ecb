/*
 * A compact encoding of records. The output of JSON.stringify contains no control characters, so they serve as codes:
 *
 *   01     and 32 bytes: a SHA-256 digest in quotes
 *   02..1b a fragment that is frequent in records
 *   1c..1e one of the names in the record's key, in quotes
 *   1f     at the start: the rest is a text with control characters of its own, not encoded
 */
const DIGEST = 0x01
const FIRST_FRAGMENT = 0x02
const FIRST_NAME = 0x1c
const NAMES = 3
const NOT_ENCODED = 0x1f

const nameAt = (index: number) => String.fromCharCode(FIRST_NAME + index)
const NAME_1 = nameAt(0)
const NAME_2 = nameAt(1)

/**
 * If one fragment is a prefix of another, the longer one comes first. The positions in this list are part of the stored
 * layout: append new ones at the end, 26 in total at most.
 */
const FRAGMENTS = [
  `{"repository":${NAME_1},"digest":${NAME_2}`,
  `{"repository":${NAME_1},"tag":${NAME_2},"digest":`,
  `{"repository":${NAME_1},`,
  ',"mediaType":"application/vnd.oci.image.manifest.v1+json","blobs":[{"digest":',
  ',"mediaType":"application/vnd.docker.distribution.manifest.v2+json","blobs":[{"digest":',
  ',"mediaType":"application/vnd.oci.image.index.v1+json"',
  ',"mediaType":"application/vnd.docker.distribution.manifest.list.v2+json"',
  ',"mediaType":"application/vnd.oci.image.manifest.v1+json"',
  ',"mediaType":"application/vnd.docker.distribution.manifest.v2+json"',
  ',"mediaType":"application/vnd.oci.image.config.v1+json"',
  ',"mediaType":"application/vnd.docker.container.image.v1+json"',
  ',"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip"',
  ',"mediaType":"application/vnd.oci.image.layer.v1.tar+zstd"',
  ',"mediaType":"application/vnd.docker.image.rootfs.diff.tar.gzip"',
  '},{"digest":',
  '}],"manifests":[],"manifestSize":',
  ',"blobs":[],"manifests":[{"digest":',
  '}],"manifestSize":',
  ',"imageSize":',
  ',"wholeSize":',
  ',"tags":[],"pushedAt":1',
  ',"tags":["',
  '"],"pushedAt":1',
  ',"size":',
  ',"pulledThrough":true',
  ',"isInImage":true',
] as const

const codes: ReadonlyMap<string, string> = new Map(
  FRAGMENTS.map((fragment, index) => [fragment, String.fromCharCode(FIRST_FRAGMENT + index)]),
)
const patterns = FRAGMENTS.map((fragment) => fragment.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&'))
const ENCODABLE = new RegExp(`"sha256:[0-9a-f]{64}"|${patterns.join('|')}`, 'g')
const HEX = { start: '"sha256:'.length, end: -1 }
const DIGEST_BYTES = 32
// eslint-disable-next-line no-control-regex -- The expression looks for control characters.
const CONTROL = /[\0-\x1f]/

/**
 * Encodes the JSON text of a record: most of a registry's memory is digests and a few recurring fragments. The same
 * text under the same key always has the same encoding, so encoded texts can be compared.
 */
export function encode(key: string, json: string): Buffer {
  if (CONTROL.test(json)) return Buffer.from(String.fromCharCode(NOT_ENCODED) + json)
  const text = namesOf(key).reduce((rest, name, index) => rest.replaceAll(name, nameAt(index)), json)
  // One character for each byte, so that the bytes of digests can be inserted.
  const bytes = Buffer.from(text).toString('latin1')
  return Buffer.from(bytes.replaceAll(ENCODABLE, codeOf), 'latin1')
}

const codeOf = (match: string) =>
  codes.get(match) ??
  String.fromCharCode(DIGEST) + Buffer.from(match.slice(HEX.start, HEX.end), 'hex').toString('latin1')

/** The names in a key, as JSON strings. */
const namesOf = (key: string) =>
  key
    .split(' ', NAMES)
    .filter((name) => name !== '')
    .map((name) => JSON.stringify(name))

/** Decodes the JSON text of a record. */
export function decode(key: string, bytes: Buffer): string {
  if (bytes[0] === NOT_ENCODED) return bytes.toString('utf8', 1)
  let text = ''
  let from = 0
  for (let index = 0; index < bytes.length; index++) {
    const code = bytes[index] ?? 0
    if (code >= FIRST_NAME) continue
    text += bytes.toString('utf8', from, index)
    if (code === DIGEST) {
      text += `"sha256:${bytes.toString('hex', index + 1, index + 1 + DIGEST_BYTES)}"`
      index += DIGEST_BYTES
    } else text += FRAGMENTS[code - FIRST_FRAGMENT]
    from = index + 1
  }
  const withNameCodes = text + bytes.toString('utf8', from)
  return namesOf(key).reduce((rest, name, index) => rest.replaceAll(nameAt(index), () => name), withNameCodes)
}
