/** Where an upstream registry is, if that is not `https://<host>`. */
export interface ConfiguredUpstream {
  /** The address of the registry. */
  readonly endpoint?: string
  /** Of a private registry of ECR: the address of the APIs of ECR and STS that issue its authorization tokens. */
  readonly api?: string
  /** Of a private registry of ECR: it belongs to this installation, although the configuration lacks its account. */
  readonly local?: true
}
