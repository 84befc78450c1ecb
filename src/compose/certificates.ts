import { hostname } from 'node:os'
import { makeDirectory } from '../adapters/filesystem/make-directory.js'
import { wall } from '../adapters/system/system-clock.js'
import { type CertificateResult, makeCertificateFiles } from '../adapters/x509/certificate-files.js'
import type { Config } from '../config/config.js'
import { DEFAULT_REGION } from '../registry/registry.js'
import { addressOfOtherDataPlane, addressOfOwnDataPlane, clientHost, type DataPlaneAddress } from './plane-addresses.js'

/** The certificate files, and the address of the data plane that clients need to know. */
export interface CertificatesAndAddress extends CertificateResult {
  readonly dataPlane: DataPlaneAddress
}

/** Makes a certificate for the names under which planes with these settings are reached, and for additional names. */
export async function makeCertificates(
  config: Config,
  { dir, names }: { readonly dir: string; readonly names: readonly string[] },
): Promise<CertificatesAndAddress> {
  const allNames = [...new Set([...namesInUse(config), ...names])]
  makeDirectory(dir)
  const files = await makeCertificateFiles({ dir, names: allNames, madeOn: hostname(), now: wall() })
  return { ...files, dataPlane: dataPlaneOf(config) }
}

/** The data plane of `start`, or the one in another process that the settings name. */
const dataPlaneOf = (config: Config): DataPlaneAddress =>
  config.dataPlane === undefined
    ? addressOfOwnDataPlane(config, config.registryPort ?? config.port)
    : addressOfOtherDataPlane(config)

/** The names that clients on this machine use, the host name that other machines use, and the hosts in the settings. */
function namesInUse({ host, registryHost, dataPlane }: Config): string[] {
  const settings = [clientHost(host), ...(registryHost === undefined ? [] : namesOfRegistries(registryHost))]
  if (dataPlane !== undefined) settings.push(new URL(dataPlane).hostname)
  return ['localhost', '127.0.0.1', '::1', hostname(), ...settings.map((name) => name.replace(/^\[(.*)\]$/, '$1'))]
}

/**
 * A wildcard in a certificate stands for one whole label, so it can cover the account. Of the Regions, only the one
 * that most examples use is covered.
 */
function namesOfRegistries(template: string): string[] {
  const name = template.replace(/:[^:]*$/, '').replaceAll('{region}', DEFAULT_REGION)
  return [name.replace(/^\{account\}(?=\.)/, '*')].filter((host) => !host.includes('{'))
}
