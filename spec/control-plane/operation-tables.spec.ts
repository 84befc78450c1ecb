import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { operations } from '../../src/control-plane/services/ecr/operation-table.js'
import { notBuilt } from '../../src/control-plane/services/not-built.js'
import { operationTable as sts } from '../../src/control-plane/services/sts/sts-operations.js'
import { operationNames } from '../../src/smithy/model.js'

const fidelity = readFileSync(new URL('../../docs/fidelity.md', import.meta.url), 'utf8')
const [, section = ''] = /### Not built yet\n([^]*?)\n## /.exec(fidelity) ?? []
const [, ofSts = ''] = section.split(/^Of STS/m)

/** Operations are the words of two or more parts; exceptions have an ending of their own. */
const namesIn = (text: string) =>
  [...text.matchAll(/\b(?:[A-Z][a-zA-Z]*[a-z])(?=[A-Z])[A-Za-z]+\b/g)]
    .map(([name]) => name)
    .filter((name) => !/Exception$|^(InvalidAction|GetRole)$/.test(name))
    .sort()

const notBuiltIn = (table: Readonly<Record<string, unknown>>) =>
  Object.keys(table)
    .filter((name) => table[name] === notBuilt)
    .sort()

const OPERATIONS = new URL('../../src/control-plane/services/ecr/operations/', import.meta.url)

describe('The tables of operations', () => {
  it('of ECR has every operation of the model', () => {
    expect(Object.keys(operations).sort()).toEqual(operationNames('ecr'))
  })

  it('of STS lacks exactly what docs/fidelity.md lists as not built', () => {
    expect(namesIn(ofSts)).toEqual(notBuiltIn(sts))
  })

  it('of ECR has one file in the folder of operations for each operation, and the folder has no other', () => {
    const files = readdirSync(OPERATIONS, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
    const kebab = (name: string) => name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase()
    expect(files.map((file) => file.replace(/^.*\//, '').replace('.ts', '')).sort()).toEqual(
      Object.keys(operations).map(kebab).sort(),
    )
  })
})
