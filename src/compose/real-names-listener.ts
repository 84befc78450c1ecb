import { X509Certificate } from 'node:crypto'
import { existsSync } from 'node:fs'
import type { Server } from 'node:http'
import type { Config } from '../config/config.js'
import { listen } from './listen.js'
import type { Limits } from '../server/limits.js'
import { type PlaneHandler, planeServer } from '../server/listener.js'
import type { Log } from '../registry/ports/log.js'
import type { Store } from '../registry/ports/store.js'
import { namesOfEcr, namesOfRegistry } from '../registry/real-names.js'
import type { Registry } from '../registry/registry.js'
import { hostsFileLines, realNamesHost, registriesWithRealNames } from './real-name-coverage.js'
import { type Certificate, readCertificate } from './tls.js'

/** The port of https, which clients use for AWS's names. */
export const REAL_NAMES_PORT = 443

/** The files that `ecr-local certs` makes by default. */
const DEFAULT_FILES = { tlsCert: 'certs/server.crt', tlsKey: 'certs/server.key' }

/** Whether repository URIs have real names, whatever host a request is sent to. */
export const hasRealRegistryNames = ({
  realNames,
  registryHost,
}: Pick<Config, 'realNames' | 'registryHost'>): boolean => realNames && registryHost === undefined

/** The certificate's files: those in the settings, otherwise those that `ecr-local certs` makes by default. */
export const realNamesFiles = ({ tlsCert, tlsKey }: Pick<Config, 'tlsCert' | 'tlsKey'>) =>
  tlsCert !== undefined && tlsKey !== undefined ? { tlsCert, tlsKey } : DEFAULT_FILES

/** The planes as they are reached by real names. */
export interface RealNames {
  readonly server: Server
  /** The lines of a hosts file with which this machine's programs reach it. */
  readonly hostsFile: readonly string[]
}

/**
 * Serves both planes by TLS on port 443. Throws an error of one line if there is no certificate for any of the names,
 * and the system's if the port cannot be had.
 */
export async function startRealNames(
  config: Config,
  planes: PlaneHandler,
  { store, log, limits }: { readonly store: Store; readonly log: Log; readonly limits: Limits },
): Promise<RealNames> {
  const registries = await registriesWithRealNames(config, store)
  const tls = realNamesCertificate(config, registries, log)
  const server = await listen(planeServer({ limits, tls }, planes), realNamesHost(config.host), REAL_NAMES_PORT)
  return { server, hostsFile: hostsFileLines(registries, config.host) }
}

const MAKE_IT = 'make it with ecr-local certs --real-names'

/** Reads the certificate, and logs the Regions that it does not cover. */
function realNamesCertificate(config: Config, registries: readonly Registry[], log: Log): Certificate {
  const files = realNamesFiles(config)
  const certificate = existsSync(files.tlsCert) ? readCertificate(files) : undefined
  if (!certificate) throw new Error(`--real-names needs a certificate, and there is no ${files.tlsCert}: ${MAKE_IT}`)
  const x509 = new X509Certificate(certificate.cert)
  const isCovered = (name: string) => x509.checkHost(name) !== undefined
  const missing = registries.flatMap((registry) => namesToCover(registry).filter((name) => !isCovered(name)))
  if (missing.length === registries.flatMap(namesToCover).length)
    throw new Error(`${files.tlsCert} does not cover ${missing[0]}: ${MAKE_IT}`)
  if (missing.length > 0)
    log.warn({ missing, tlsCert: files.tlsCert }, `the certificate does not cover all real names: ${MAKE_IT}`)
  return certificate
}

/** The names that most clients use. */
const namesToCover = ({ account, region }: Registry) => [
  ...namesOfRegistry({ account, region }).slice(0, 1),
  ...namesOfEcr(region).slice(0, 1),
]
