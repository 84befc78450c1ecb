/** What scripts need to know to call this emulator. */
export interface ScriptAccess {
  /** Undefined until the plane has a port, if that is to be a free one. */
  readonly endpoint: string | undefined
  /** The Region that the environment names, or the default one. */
  readonly region: string
  /** Whether access key `test`, and those of twelve digits, are valid. */
  readonly hasDefaultKeys: boolean
}

/**
 * The environment of init scripts: that of this process, and what the AWS CLI and the SDKs need to call this emulator
 * without flags. Of the keys in the environment only one of twelve digits is kept, which chooses an account; any other
 * is one for AWS itself. If the configuration has access keys, those in the environment are the scripts' own.
 */
export function scriptEnvironment(
  environment: NodeJS.ProcessEnv,
  { endpoint, region, hasDefaultKeys }: ScriptAccess,
): NodeJS.ProcessEnv {
  return {
    ...environment,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    ...(endpoint !== undefined && { AWS_ENDPOINT_URL: endpoint }),
    ...(hasDefaultKeys && defaultKeys(environment)),
  }
}

/** A variable that is undefined is not passed on. */
const defaultKeys = ({ AWS_ACCESS_KEY_ID: id = '' }: NodeJS.ProcessEnv) => ({
  AWS_ACCESS_KEY_ID: /^\d{12}$/.test(id) ? id : 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  AWS_SESSION_TOKEN: undefined,
  AWS_PROFILE: undefined,
})
