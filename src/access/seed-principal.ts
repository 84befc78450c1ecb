import { parsePolicy } from '../iam/parse.js'
import type { AttachedPolicy } from '../iam/policy.js'
import type { Principal } from '../registry/principal.js'
import { uniqueId } from './principal-ids.js'

const ROLE = 'EcrLocalSeed'

/** The role as which the configuration's seed acts in an account. No caller can assume it. */
export const seedRoleArn = (account: string): string =>
  `arn:aws:iam::${account}:role/aws-service-role/seed.ecr-local/${ROLE}`

/** The principal on whose behalf the seed is put in place: it exists in every account, on both planes. */
export const seedPrincipal = (account: string): Principal => ({
  arn: `arn:aws:sts::${account}:assumed-role/${ROLE}/ecr-local`,
  account,
  userId: `${uniqueId('AROA', seedRoleArn(account))}:ecr-local`,
  session: { roleArn: seedRoleArn(account) },
})

/** What the seed may do. */
export const seedPolicy: AttachedPolicy = {
  name: 'the seed of the configuration',
  policy: parsePolicy(
    { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] },
    'identity',
  ),
}
