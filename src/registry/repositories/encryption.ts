import { createHash } from 'node:crypto'
import { ServiceException } from '../errors.js'
import type { Registry } from '../registry.js'
import type { Repository } from './repository.js'

/** An encryption configuration as CreateRepository takes it. */
interface EncryptionInput {
  readonly encryptionType: Repository['encryption']['encryptionType']
  readonly kmsKey?: string | undefined
}

/**
 * The encryption of a repository, with the ARN of its key: the service asks KMS for it. Nothing is encrypted here and
 * no key has to exist; the key must have one of the forms that KMS accepts and be in the Region of the repository.
 * Throws KmsException.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_EncryptionConfiguration.html
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/encryption-at-rest.html
 */
export function acceptEncryption(
  { encryptionType, kmsKey = MANAGED_KEY }: EncryptionInput,
  registry: Registry,
): Repository['encryption'] {
  if (encryptionType === 'AES256') return { encryptionType }
  return { encryptionType, kmsKey: keyArnOf(kmsKey, registry) }
}

/** The AWS managed key for ECR, which all repositories of an account and Region without a key of their own share. */
const MANAGED_KEY = 'alias/aws/ecr'

const ARN = /^arn:aws(?:-[a-z]+)*:kms:(?<region>[a-z0-9-]+):(?<account>[0-9]{12}):(?<resource>.+)$/
const KEY_ID = /^(?:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|mrk-[0-9a-f]{32})$/
const KEY = /^key\/[A-Za-z0-9-]+$/
const ALIAS = /^alias\/[A-Za-z0-9/_-]{1,250}$/

/**
 * The ARN of a key that is given as key id, key ARN, alias name or alias ARN.
 * https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#key-id
 */
function keyArnOf(kmsKey: string, registry: Registry): string {
  const { region = registry.region, account = registry.account, resource = kmsKey } = ARN.exec(kmsKey)?.groups ?? {}
  if (region !== registry.region) throw keyNotFound()
  if (KEY.test(resource) && resource !== kmsKey) return kmsKey
  if (ALIAS.test(resource)) return keyArn(keyIdOf(resource, { account, region }), { account, region })
  if (KEY_ID.test(kmsKey)) return keyArn(kmsKey, registry)
  throw keyNotFound()
}

const keyArn = (id: string, { account, region }: Registry) => `arn:aws:kms:${region}:${account}:key/${id}`

/** The id of the key that an alias stands for: always the same one, because there are no aliases here. */
function keyIdOf(alias: string, { account, region }: Registry): string {
  const hex = createHash('sha256')
    .update(`${alias.slice('alias/'.length)} ${account} ${region}`)
    .digest('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-')
}

/** (documented); the code of KMS is (inferred). */
const keyNotFound = () =>
  new ServiceException('KmsException', 'The operation failed due to a KMS exception.', {
    kmsError: 'NotFoundException',
  })
