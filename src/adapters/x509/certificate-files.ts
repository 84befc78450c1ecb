import { createPrivateKey, X509Certificate } from 'node:crypto'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { authorityCertificate, type CertificateAndKey, namesIn, newKey, serverCertificate } from './issue.js'

/** The files, by what they hold. */
export interface CertificateFiles {
  readonly authority: string
  readonly certificate: string
  readonly key: string
}

/** With the names the certificate is for: those wanted, and those that the one before it was for. */
export interface MadeFiles extends CertificateFiles {
  readonly names: readonly string[]
}

export interface Wanted {
  /** Made where it is not there. */
  /** A directory that is there. */
  readonly dir: string
  /** Names and addresses the server is reached by. */
  readonly names: readonly string[]
  /** Stands in the authority's name: people see it in the stores of what they trust. */
  readonly madeOn: string
  readonly now: Date
}

/**
 * Makes a server's certificate, signed by the authority that is kept beside it, and the authority where there is none yet. A
 * key is never written over: what is there is used again, so that a renewed certificate needs no new trust and fits the key
 * a running server holds; who renews it need not know every name again that was given before. Throws plain errors of one line each where what is there was not made here.
 */
export async function makeCertificateFiles({ dir, names, madeOn, now }: Wanted): Promise<MadeFiles> {
  const file = (name: string) => resolve(join(dir, name))
  const files = { authority: file('ca.crt'), certificate: file('server.crt'), key: file('server.key') }
  const authority = await authorityIn(files.authority, file('ca.key'), madeOn, now)
  const key = serverKeyIn(files, authority.certificate)
  const before = existsSync(files.certificate) ? namesIn(textIn(files.certificate)) : []
  const all = [...new Set([...names, ...before])]
  const certificate = await serverCertificate(all, key, authority, now)
  requireLongerLife(files.authority, authority.certificate, certificate)
  writeWhole(files.certificate, certificate)
  return { ...files, names: all }
}

/** How the subject of an authority that was made here begins. */
const AUTHORITY = 'CN=ecr-local on '

async function authorityIn(file: string, keyFile: string, madeOn: string, now: Date): Promise<CertificateAndKey> {
  if (!existsSync(file) && !existsSync(keyFile)) {
    const key = newKey()
    const certificate = await authorityCertificate(`ecr-local on ${madeOn}`, key, now)
    writeKey(keyFile, key)
    writeWhole(file, certificate)
    return { certificate, key }
  }
  const found = { certificate: textIn(file), key: textIn(keyFile) }
  const { isAuthority, isOurs } = lookInto(found)
  if (isAuthority && isOurs) return found
  throw new Error(`${file} and ${keyFile} are not an authority that was made here: choose another --dir.`)
}

/** The key that is there, if it belongs to a certificate of this authority, or a new one. */
function serverKeyIn({ certificate, key }: CertificateFiles, authority: string): string {
  if (!existsSync(certificate) && !existsSync(key)) {
    const made = newKey()
    writeKey(key, made)
    return made
  }
  const found = { certificate: textIn(certificate), key: textIn(key) }
  const { isOurs, certificate: server } = lookInto(found)
  const issuer = new X509Certificate(authority)
  if (isOurs && server.checkIssued(issuer) && server.verify(issuer.publicKey)) return found.key
  throw new Error(`${certificate} and ${key} were not made here: choose another --dir, or remove both for new ones.`)
}

/** What stands in a certificate, and whether the key is its own and of the kind made here. */
function lookInto({ certificate: pem, key }: CertificateAndKey) {
  try {
    const [certificate, secret] = [new X509Certificate(pem), createPrivateKey(key)]
    const isOurs = secret.asymmetricKeyType === 'ec' && certificate.checkPrivateKey(secret)
    return { certificate, isAuthority: certificate.ca && certificate.subject.startsWith(AUTHORITY), isOurs }
  } catch (error) {
    throw new Error(
      `What is there is no certificate and its key (${(error as Error).message}): choose another --dir.`,
      {
        cause: error,
      },
    )
  }
}

function requireLongerLife(file: string, authority: string, server: string): void {
  const [{ validTo }, { validTo: wanted }] = [new X509Certificate(authority), new X509Certificate(server)]
  if (Date.parse(validTo) >= Date.parse(wanted)) return
  throw new Error(
    `The authority in ${file} ends on ${validTo}: remove it and its key, and all else here, for new ones.`,
  )
}

function textIn(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const reason = code === 'ENOENT' ? 'there is none, but its other half is' : String(code)
    throw new Error(`${file} cannot be read (${reason}): choose another --dir.`, { cause: error })
  }
}

const writeKey = (file: string, key: string) => writeFileSync(file, key, { flag: 'wx', mode: 0o600, flush: true })

/** Who reads the file meanwhile, on a SIGHUP say, finds the old or the new one whole. */
function writeWhole(file: string, text: string): void {
  const draft = `${file}.${process.pid}`
  writeFileSync(draft, text, { mode: 0o644, flush: true })
  renameSync(draft, file)
}
