// @peculiar/x509 cannot be loaded without the metadata functions of Reflect.
import 'reflect-metadata'
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type JsonGeneralName,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509'
import { createPrivateKey, createPublicKey, generateKeyPairSync, webcrypto } from 'node:crypto'
import { isIP } from 'node:net'

/** Supported by every client, with small keys that are quick to make. */
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const

const DAY_MS = 86_400_000
/** Certificates become valid this much earlier, for clients whose clocks are slow. */
const BEFORE_MS = 3_600_000
/**
 * The validity of an authority. It is long, because a new authority has to be installed on every machine that trusts
 * the old one.
 */
const AUTHORITY_DAYS = 3650
/** The longest validity that clients accept: https://support.apple.com/en-us/102028 */
const SERVER_DAYS = 398

/** A certificate and its private key, both PEM. */
export interface CertificateAndKey {
  readonly certificate: string
  readonly key: string
}

/** A new private key, PEM. */
export const newKey = (): string =>
  generateKeyPairSync('ec', { namedCurve: ALGORITHM.namedCurve })
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString()

/** A self-signed certificate of an authority that may sign server certificates only. */
export async function authorityCertificate(name: string, key: string, now: Date): Promise<string> {
  const keys = await keyPair(key)
  const authority = await X509CertificateGenerator.createSelfSigned({
    name: [{ CN: [name] }],
    notBefore: new Date(now.getTime() - BEFORE_MS),
    notAfter: new Date(now.getTime() + AUTHORITY_DAYS * DAY_MS),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return `${authority.toString('pem')}\n`
}

/** A server certificate for these names and addresses. */
export async function serverCertificate(
  names: readonly string[],
  key: string,
  authority: CertificateAndKey,
  now: Date,
): Promise<string> {
  const { publicKey } = await keyPair(key)
  const { privateKey } = await keyPair(authority.key)
  const issuer = new X509Certificate(authority.certificate)
  const notBefore = now.getTime() - BEFORE_MS
  const server = await X509CertificateGenerator.create({
    subject: [{ CN: ['ecr-local'] }],
    issuer: issuer.subjectName,
    notBefore: new Date(notBefore),
    notAfter: new Date(notBefore + SERVER_DAYS * DAY_MS),
    signingAlgorithm: ALGORITHM,
    publicKey,
    signingKey: privateKey,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension(names.map(generalName)),
      await SubjectKeyIdentifierExtension.create(publicKey),
      await AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  })
  return `${server.toString('pem')}\n`
}

/** The names and addresses in a certificate. */
export function namesIn(certificate: string): string[] {
  const names = new X509Certificate(certificate).getExtension(SubjectAlternativeNameExtension)?.names.items ?? []
  return names.map(({ value }) => value)
}

const generalName = (name: string): JsonGeneralName => ({ type: isIP(name) ? 'ip' : 'dns', value: name })

/** A private key and its public key in the generator's form. Throws if it is not a key of the kind made here. */
async function keyPair(pem: string): Promise<webcrypto.CryptoKeyPair> {
  const key = createPrivateKey(pem)
  const { subtle } = webcrypto
  const secret = key.export({ type: 'pkcs8', format: 'der' })
  const open = createPublicKey(key).export({ type: 'spki', format: 'der' })
  return {
    privateKey: await subtle.importKey('pkcs8', secret, ALGORITHM, true, ['sign']),
    publicKey: await subtle.importKey('spki', open, ALGORITHM, true, ['verify']),
  }
}
