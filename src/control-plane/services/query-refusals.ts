import { ServiceException } from '../../registry/errors.js'
import type { ValueViolation } from '../../smithy/every-violation.js'
import { constraintWords, wirePath } from './constraint-words.js'

/*
 * The refusals that STS and IAM share.
 * https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
 */

/** A ValidationError with this message. */
export const validationError = (message: string) => new ServiceException('ValidationError', message)

/**
 * The refusal of an input that breaks the model, which names all violations. A number that cannot be parsed comes
 * first.
 */
export function refusalOf(violations: readonly ValueViolation[]): ServiceException {
  const sentences: string[] = []
  for (const { path, value, broken } of violations) {
    if (broken.kind === 'type')
      return new ServiceException('MalformedInput', `${path.join('.')} must be a whole number.`)
    sentences.push(
      `Value ${quoted(value)} at '${wirePath(path)}' failed to satisfy constraint: Member must ${constraintWords(broken)}`,
    )
  }
  const count = `${sentences.length} validation error${sentences.length === 1 ? '' : 's'} detected`
  return validationError(`${count}: ${sentences.join('; ')}`)
}

/** The most characters of a value that a refusal repeats. */
const MAX_QUOTED_CHARACTERS = 2048

function quoted(value: unknown): string {
  if (Array.isArray(value)) return `'[${value.length} items]'`
  if (typeof value !== 'string' && typeof value !== 'number') return 'null'
  return `'${String(value).slice(0, MAX_QUOTED_CHARACTERS)}'`
}

/** The refusal of an operation that the service does not have, or not in this version of its API. */
export function noSuchOperation(name: string, version = ''): ServiceException {
  const operation = ['operation', shortened(name)].filter(Boolean).join(' ')
  return new ServiceException('InvalidAction', `Could not find ${operation} for version ${shortened(version)}`)
}

/** Names are short, but a client may send any text in their place. */
const shortened = (name: string) => name.slice(0, 128)

/** The refusal of an operation that the service has and the emulator does not have. */
export const operationNotBuilt = (service: string, name: string, built: readonly string[]) =>
  new ServiceException(
    'InvalidAction',
    `ecr-local does not have ${name} yet. Of ${service.toUpperCase()} it has ${built.join(', ')}.`,
  )
