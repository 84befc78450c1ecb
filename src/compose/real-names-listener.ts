import { X509Certificate } from 'node:crypto'
import { existsSync } from 'node:fs'
import { isIP } from 'node:net'
import { defaultAccount, describesAccessKeys } from '../access/credentials.js'
import type { Server } from 'node:http'
import type { Config } from '../config/config.js'
import { listen } from './listen.js'
import type { Limits } from '../server/limits.js'
import { type PlaneHandler, planeServer } from '../server/listener.js'
import type { Log } from '../registry/ports/log.js'
import type { Store } from '../registry/ports/store.js'
import { GLOBAL_STS, hasRealNames, namesOfEcr, namesOfRegistry, namesOfSts } from '../registry/real-names.js'
import { DEFAULT_REGION, type Registry } from '../registry/registry.js'
import { type Certificate, readCertificate } from './tls.js'

/** The port of https, which clients use for AWS's names. */
export const REAL_NAMES_PORT = 443

/** The files that `ecr-local certs` makes by default. */
const DEFAULT_FILES = { tlsCert: 'certs/server.crt', tlsKey: 'certs/server.key' }

/**
 * The registries that get their names in AWS: those in the store, and those of every account in the configuration in
 * every Region that the store or the environment knows, or in the default one.
 */
export async function registriesWithRealNames(
  { accounts, awsRegion }: Pick<Config, 'accounts' | 'awsRegion'>,
  store?: Pick<Store, 'registries'>,
): Promise<Registry[]> {
  const stored = ((await store?.registries()) ?? []).filter(({ region }) => hasRealNames(region))
  const ofEnvironment = awsRegion !== undefined && hasRealNames(awsRegion) ? [awsRegion] : []
  const known = new Set([...ofEnvironment, ...stored.map(({ region }) => region)])
  const regions = known.size > 0 ? [...known] : [DEFAULT_REGION]
  const configured = Object.keys(accounts ?? {})
  const ours = describesAccessKeys(accounts) ? configured : [defaultAccount.account, ...configured]
  const registries = [...ours.flatMap((account) => regions.map((region) => ({ account, region }))), ...stored]
  return [...new Map(registries.map((registry) => [namesOfRegistry(registry)[0], registry])).values()]
}

const regionsOf = (registries: readonly Registry[]) => [...new Set(registries.map(({ region }) => region))]

/** What a certificate has to cover so that every account has its real names in the Regions of these registries. */
export const realNamesInCertificate = (registries: readonly Registry[]): string[] => [
  ...regionsOf(registries).flatMap((region) => [
    ...namesOfRegistry({ account: '*', region }),
    ...namesOfEcr(region),
    ...namesOfSts(region),
  ]),
  GLOBAL_STS,
]

/** The lines of a hosts file that lead the names of these registries to the planes. Windows takes 9 names in a line. */
export function hostsFileLines(registries: readonly Registry[], host: string): string[] {
  const names = [
    ...registries.map(namesOfRegistry),
    ...regionsOf(registries).flatMap((region) => [namesOfEcr(region), namesOfSts(region)]),
    [GLOBAL_STS],
  ]
  return names.map((ofLine) => [clientAddress(host), ...ofLine].join(' '))
}

/** Whether repository URIs have real names, whatever host a request is sent to. */
export const hasRealRegistryNames = ({
  realNames,
  registryHost,
}: Pick<Config, 'realNames' | 'registryHost'>): boolean => realNames && registryHost === undefined

/** Where the planes listen for real names: names have no place in a hosts file. */
const realNamesHost = (host: string): string => (isIP(host) === 0 ? '127.0.0.1' : host)

const clientAddress = (host: string) => (host === '0.0.0.0' || host === '::' ? '127.0.0.1' : realNamesHost(host))

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
