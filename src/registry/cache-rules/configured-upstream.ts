/** Where an upstream registry is, if that is not `https://<host>`. */
export interface ConfiguredUpstream {
  /** The address of the registry. */
  readonly endpoint?: string
  /** Of a private registry of ECR: the address of the APIs of ECR and STS that issue its authorization tokens. */
  readonly api?: string
  /** Of a private registry of ECR: it belongs to this installation, although the configuration lacks its account. */
  readonly local?: true
}

/** The name under which the configuration says where all other hosts are. */
export const OTHER_HOSTS = '*'

/** What the configuration says about a host. */
export const configuredUpstream = (
  upstreams: Readonly<Record<string, ConfiguredUpstream>>,
  host: string,
): ConfiguredUpstream | undefined => (Object.hasOwn(upstreams, host) ? upstreams[host] : upstreams[OTHER_HOSTS])
