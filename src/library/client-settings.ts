import { type Accounts, defaultAccount, describesAccessKeys } from '../access/credentials.js'
import { UsageError } from '../config/usage-error.js'

/** An access key as the SDKs take it. */
export interface AccessKey {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

/** Environment variables that the AWS CLI, the SDKs and boto3 read, to be spread over those of a child process. */
export type ClientEnvironment = Readonly<
  Record<
    | 'AWS_ENDPOINT_URL'
    | 'AWS_ACCESS_KEY_ID'
    | 'AWS_SECRET_ACCESS_KEY'
    | 'AWS_SESSION_TOKEN'
    | 'AWS_REGION'
    | 'AWS_DEFAULT_REGION'
    | 'AWS_EC2_METADATA_DISABLED',
    string
  >
>

/**
 * The variables for an emulator. The endpoint is that of every service, so that a call which is not for ECR fails here
 * and does not reach AWS. An empty token counts as none, and replaces that of a session. https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html
 */
export const clientEnvironment = (
  endpoint: string,
  region: string,
  { accessKeyId, secretAccessKey }: AccessKey,
): ClientEnvironment => ({
  AWS_ENDPOINT_URL: endpoint,
  AWS_ACCESS_KEY_ID: accessKeyId,
  AWS_SECRET_ACCESS_KEY: secretAccessKey,
  AWS_SESSION_TOKEN: '',
  AWS_REGION: region,
  AWS_DEFAULT_REGION: region,
  AWS_EC2_METADATA_DISABLED: 'true',
})

/** An access key and the account that it belongs to. */
export interface AccountKey {
  readonly account: string
  readonly credentials: AccessKey
}

/** The first access key of an account, or of all accounts. Throws UsageError if there is none. */
export function firstAccessKey(accounts: Accounts | undefined, account?: string): AccountKey {
  const key = describedKeys(accounts).find((described) => account === undefined || described.account === account)
  if (key) return key
  throw new UsageError(
    `Account ${account} has no access key: describe one under accounts, as { '${account}': { users: { name: { accessKeys } } } }`,
  )
}

function describedKeys(accounts: Accounts = {}): AccountKey[] {
  const { account, ...credentials } = defaultAccount
  if (!describesAccessKeys(accounts)) return [{ account, credentials }]
  return Object.entries(accounts).flatMap(([account, { users = {} }]) =>
    Object.values(users).flatMap(({ accessKeys = {} }) =>
      Object.entries(accessKeys).map(([accessKeyId, secretAccessKey]) => ({
        account,
        credentials: { accessKeyId, secretAccessKey },
      })),
    ),
  )
}
