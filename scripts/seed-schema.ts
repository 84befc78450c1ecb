import { format, resolveConfig } from 'prettier'
import { policyMembers } from '../src/seed/seed-kinds.js'
import { inputOf, type Member, shape } from '../src/smithy/model.js'

/** A JSON Schema for editors, and for the names and types of members; the API validates the values. */
type JsonSchema = Readonly<Record<string, unknown>>

/** The content of `seed.schema.json`: the entries of a seed, each with the members that its operations have. */
export async function seedSchema(): Promise<string> {
  const schema = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Entries of the setting seed of ecr-local',
    description: 'Made from smithy-models by npm run docs: the members are those of the API of Amazon ECR.',
    definitions: {
      policy: {
        description: 'A policy as a JSON object, or as its text.',
        type: ['object', 'string'],
        errorMessage: 'must be a policy: a JSON object, or its text',
      },
      repository: structure({
        ...membersOf('CreateRepository'),
        ...optional('SetRepositoryPolicy', 'policyText'),
        ...optional('PutLifecyclePolicy', 'lifecyclePolicyText'),
      }),
      pullThroughCacheRule: structure(membersOf('CreatePullThroughCacheRule')),
      repositoryCreationTemplate: structure(membersOf('CreateRepositoryCreationTemplate')),
      registryScanningConfiguration: structure(membersOf('PutRegistryScanningConfiguration')),
      replicationConfiguration: memberOf('PutReplicationConfiguration', 'replicationConfiguration'),
      signingConfiguration: memberOf('PutSigningConfiguration', 'signingConfiguration'),
      accountSetting: structure(membersOf('PutAccountSetting')),
    },
  }
  return format(JSON.stringify(schema), { ...(await resolveConfig('seed.schema.json')), parser: 'json' })
}

type Members = Readonly<Record<string, Member>>

/** A registry is named once for all entries. */
const membersOf = (operation: string): Members =>
  Object.fromEntries(Object.entries(shape(inputOf(operation)).members ?? {}).filter(([name]) => name !== 'registryId'))

const memberOf = (operation: string, name: string): JsonSchema => schemaOf(targetOf(operation, name))

const optional = (operation: string, name: string): Members => ({ [name]: { target: targetOf(operation, name) } })

function targetOf(operation: string, name: string): string {
  const member = membersOf(operation)[name]
  if (!member) throw new Error(`The Smithy model gives ${operation} no ${name}`)
  return member.target
}

function structure(members: Members): JsonSchema {
  const required = Object.entries(members).filter(([, { traits }]) => traits?.['smithy.api#required'])
  return {
    type: 'object',
    additionalProperties: false,
    ...(required.length > 0 && { required: required.map(([name]) => name) }),
    properties: Object.fromEntries(
      Object.entries(members).map(([name, { target }]) => [
        name,
        policyMembers.includes(name) ? { $ref: '#/definitions/policy' } : schemaOf(target),
      ]),
    ),
  }
}

function schemaOf(id: string): JsonSchema {
  const { type, members = {}, member } = shape(id)
  if (type === 'structure') return structure(members)
  if (type === 'list' && member) return { type: 'array', items: schemaOf(member.target) }
  if (type === 'enum') return { enum: Object.values(members).map(({ traits }) => traits?.['smithy.api#enumValue']) }
  return { type: type === 'long' ? 'integer' : type }
}
