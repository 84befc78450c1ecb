import { isIP } from 'node:net'
import { defaultAccount, describesAccessKeys } from '../access/credentials.js'
import type { Config } from '../config/config.js'
import type { Store } from '../registry/ports/store.js'
import { GLOBAL_STS, hasRealNames, namesOfEcr, namesOfRegistry, namesOfSts } from '../registry/real-names.js'
import { DEFAULT_REGION, type Registry } from '../registry/registry.js'

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

/** Where the planes listen for real names: names have no place in a hosts file. */
export const realNamesHost = (host: string): string => (isIP(host) === 0 ? '127.0.0.1' : host)

const clientAddress = (host: string) => (host === '0.0.0.0' || host === '::' ? '127.0.0.1' : realNamesHost(host))
