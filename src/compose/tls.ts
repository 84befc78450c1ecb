import { readFileSync } from 'node:fs'
import type { Server } from 'node:http'
import type { Config } from '../config/config.js'
import type { Log } from '../registry/ports/log.js'

/** A certificate with its chain, and its private key: both PEM. */
export interface Certificate {
  readonly cert: Buffer
  readonly key: Buffer
}

/** Loaded when there is a certificate: without one it would be 1.2 MB of an idle process. */
const nodeTls = () => process.getBuiltinModule('node:tls')

/**
 * Reads the certificate in the settings; undefined if there is none. Throws errors of one line each for files that
 * cannot be read or that are not a certificate and its key.
 */
export function readCertificate({ tlsCert, tlsKey }: Pick<Config, 'tlsCert' | 'tlsKey'>): Certificate | undefined {
  if (tlsCert === undefined || tlsKey === undefined) return undefined
  const certificate = { cert: readPem(tlsCert, '--tls-cert'), key: readPem(tlsKey, '--tls-key') }
  try {
    nodeTls().createSecureContext(certificate)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const reason =
      code === 'ERR_OSSL_X509_KEY_VALUES_MISMATCH'
        ? 'the key belongs to another certificate'
        : `OpenSSL says: ${message}`
    throw new Error(`${tlsCert} and ${tlsKey} are not a certificate and its key (${reason}): both must be PEM files.`, {
      cause: error,
    })
  }
  return certificate
}

/**
 * Reads the files again for new connections to the servers that have TLS; if they are not valid, the old certificate
 * stays in use.
 */
export function renewCertificate(
  servers: readonly Server[],
  files: Pick<Config, 'tlsCert' | 'tlsKey'>,
  log: Log,
): void {
  try {
    const certificate = readCertificate(files)
    if (!certificate) return
    const { Server: TlsServer } = nodeTls()
    for (const server of servers) if (server instanceof TlsServer) server.setSecureContext(certificate)
    log.info({ tlsCert: files.tlsCert }, 'the certificate was read again')
  } catch (err) {
    log.error({ err }, 'the certificate could not be read again: the previous one stays in use')
  }
}

function readPem(file: string, flag: string): Buffer {
  try {
    return readFileSync(file)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const reason = code === 'ENOENT' ? 'there is no such file' : String(code)
    throw new Error(`${flag} ${file} cannot be read (${reason}): name a PEM file that this user can read.`, {
      cause: error,
    })
  }
}
