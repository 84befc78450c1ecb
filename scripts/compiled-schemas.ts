import { _, Ajv, type CodeKeywordDefinition, type KeywordCxt, Name } from 'ajv'
import ucs2length from 'ajv/dist/runtime/ucs2length.js'
import standalone from 'ajv/dist/standalone/index.js'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import type { Plugin } from 'rolldown'
import { jsonSchema } from './json-schema.js'
import { inputOf, operationNames, shape } from '../src/smithy/model.js'

/** What ajv needs to know to write code: the violations name the rule and the value, as `verbose` has it. */
const OPTIONS = {
  strict: false,
  verbose: true,
  meta: false,
  validateSchema: false,
  // The checks name what is wrong in texts of ours, from the keyword and its parameters: Ajv's would be bundled unused.
  messages: false,
  code: { source: true, esm: true },
} as const

/**
 * Compiles the JSON Schemas to code before the bundle is made, so that a start loads neither ajv nor schemas. The files lie
 * beside the modules that import them, where the specs find them too; git ignores them.
 */
export const compiledSchemas = (): Plugin => ({
  name: 'compiled-schemas',
  buildStart() {
    writeIfChanged('src/config/configuration-check.generated.js', configurationCheck())
    writeIfChanged('src/config/findings-check.generated.js', findingsCheck())
    writeIfChanged('src/smithy/input-checks.generated.js', inputChecks())
  },
})

/** Policies are judged by the parser that compiles them for use; the rules the schema has for them are for editors. */
const JUDGED_BY_THE_PARSER = ['policy', 'policyDocument', 'trustPolicy']

function configurationCheck(): string {
  const schema = JSON.parse(readFileSync('ecr-local.schema.json', 'utf8')) as Schema
  const definitions = Object.entries(schema.definitions).map(([name, rules]) => {
    const { type, errorMessage } = rules
    return [name, JUDGED_BY_THE_PARSER.includes(name) ? { type, errorMessage } : rules]
  })
  const ajv = new Ajv(OPTIONS)
    .addSchema(JSON.parse(readFileSync('seed.schema.json', 'utf8')) as object, 'seed.schema.json')
    .addSchema({ ...schema, definitions: Object.fromEntries(definitions) as object }, 'file')
  return asModule(standalone.default(ajv, { configurationCheck: 'file' }))
}

function findingsCheck(): string {
  const schema = JSON.parse(readFileSync('scan-findings.schema.json', 'utf8')) as object
  return asModule(standalone.default(new Ajv(OPTIONS).addSchema(schema, 'file'), { findingsCheck: 'file' }))
}

interface Schema {
  readonly definitions: Readonly<Record<string, { readonly type?: string; readonly errorMessage?: string }>>
}

const SERVICES = ['ecr', 'iam', 'sts']

/** One function for each shape that a member of an operation's input has, by the shape's id. */
function inputChecks(): string {
  const names = SERVICES.flatMap((service) => operationNames(service))
  const shapes = names.flatMap((name) => Object.values(shape(inputOf(name)).members ?? {}).map(({ target }) => target))
  const named = [...new Set(shapes)].sort().map((id, index) => [id, `check${index}`] as const)
  const ajv = smithyAjv()
  for (const [id] of named) ajv.addSchema(jsonSchema(id), id)
  const code = standalone.default(ajv, Object.fromEntries(named.map(([id, name]) => [name, id])))
  const entries = named.map(([id, name]) => `['${id}', ${name}]`)
  return [
    `import * as keywords from './keywords.js'`,
    asModule(code),
    `export const inputChecks = new Map([${entries.join(', ')}])`,
    '',
  ].join('\n')
}

/** The keywords of json-schema.ts, written out as calls of `src/smithy/keywords.ts`. */
const smithyAjv = () =>
  new Ajv(OPTIONS)
    .addKeyword(keyword('smithyPattern', (cxt) => cxt.fail(_`!${wholeText(cxt)}.test(${cxt.data})`)))
    .addKeyword(keyword('base64', (cxt) => cxt.fail(_`!keywords.isBase64(${cxt.data})`)))
    .addKeyword(keyword('maxBytes', (cxt) => cxt.fail(_`keywords.bytesIn(${cxt.data}) > ${cxt.schema as number}`)))
    .addKeyword(keyword('minBytes', (cxt) => cxt.fail(_`keywords.bytesIn(${cxt.data}) < ${cxt.schema as number}`)))

const keyword = (name: string, code: (cxt: KeywordCxt) => void): CodeKeywordDefinition => ({
  keyword: name,
  type: 'string',
  code,
})

/** Each expression is made once, when the module is loaded. */
const wholeText = ({ gen, schema }: KeywordCxt): Name =>
  gen.scopeValue('pattern', { ref: schema, key: schema, code: _`keywords.wholeText(${schema as string})` })

/**
 * ajv's code asks for its one helper with `require`, also where it is to be an ES module. The helper is written into the
 * module instead, so that a start need not find ajv.
 */
const asModule = (code: string) =>
  [
    '// Made by npm run build.',
    ucs2length.default.toString(),
    code.replaceAll('require("ajv/dist/runtime/ucs2length").default', 'ucs2length'),
  ].join('\n')

function writeIfChanged(file: string, text: string): void {
  if (!existsSync(file) || readFileSync(file, 'utf8') !== text) writeFileSync(file, text)
}
