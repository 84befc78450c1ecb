import { connect } from 'node:net'
import type { Target } from './content.js'

/**
 * A GET on a connection of its own, read into one buffer, so that the client's own cost does not distort the figures.
 */
export interface RawGet {
  readonly url: string
  readonly authorization?: string
  readonly accept?: string
  /** Bytes of the buffer; 1 MiB by default. */
  readonly bufferBytes?: number
  /** Called after every read; false stops reading until `resume`. */
  readonly onBytes?: (count: number, resume: () => void) => boolean
}

/** Returns the body if `keep` is set, otherwise only reads it. Throws unless the answer is a complete 200. */
export function rawGet(options: RawGet, keep = false): Promise<Buffer> {
  const { url, authorization, accept, bufferBytes = 1024 * 1024, onBytes } = options
  const { hostname, port, host, pathname } = new URL(url)
  return new Promise((resolve, reject) => {
    let head: string | undefined = ''
    let missing = Infinity
    const chunks: Buffer[] = []
    const socket = connect({
      host: hostname,
      port: Number(port),
      onread: {
        buffer: Buffer.allocUnsafe(bufferBytes),
        callback(count, buffer) {
          let bytes = Buffer.from(buffer.buffer, buffer.byteOffset, count)
          if (head !== undefined) {
            const read = readHead(head, bytes)
            head = read.head
            if (!read.body) return true
            if (read.problem !== undefined) return fail(new Error(`${url}: ${read.problem}`))
            missing = read.length
            bytes = read.body
          }
          missing -= bytes.length
          if (keep) chunks.push(Buffer.from(bytes))
          if (missing <= 0) finish()
          return onBytes?.(count, () => socket.resume()) ?? true
        },
      },
    })
    const fail = (error: Error) => {
      socket.destroy()
      reject(error)
      return false
    }
    const finish = () => {
      socket.destroy()
      resolve(Buffer.concat(chunks))
    }
    socket.on('error', fail)
    socket.on('close', () => fail(new Error(`${url} broke off with ${missing} bytes missing`)))
    const lines = [`GET ${pathname} HTTP/1.1`, `Host: ${host}`, 'Connection: close']
    if (authorization) lines.push(`Authorization: ${authorization}`)
    if (accept) lines.push(`Accept: ${accept}`)
    socket.write(`${lines.join('\r\n')}\r\n\r\n`)
  })
}

/** Gets the manifest of an image, which names what is pulled next. */
export async function getManifest({ url, repository, authorization = '' }: Target, tag: string) {
  const accept = 'application/vnd.oci.image.manifest.v1+json'
  const bytes = await rawGet({ url: `${url}/v2/${repository}/manifests/${tag}`, accept, authorization }, true)
  return JSON.parse(bytes.toString()) as { config: { digest: string }; layers: { digest: string }[] }
}

function readHead(before: string, bytes: Buffer) {
  const text = before + bytes.toString('latin1')
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return { head: text }
  const [status = '', length] = [text.slice(9, 12), /\r\ncontent-length: *(\d+)/i.exec(text.slice(0, end))?.[1]]
  const problem = status !== '200' || length === undefined ? text.slice(0, end + 400) : undefined
  return { head: undefined, body: bytes.subarray(end + 4 - before.length), length: Number(length), problem }
}
