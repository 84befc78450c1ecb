import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { operationNotes, operationsPage } from '../../scripts/operations-table.js'
import { operations as ecr } from '../../src/control-plane/services/ecr/operation-table.js'
import { operations as iam } from '../../src/control-plane/services/iam/iam-operations.js'
import { operations as sts } from '../../src/control-plane/services/sts/sts-operations.js'
import { operationNames } from '../../src/smithy/model.js'

const root = fileURLToPath(new URL('../../', import.meta.url))
const notes = operationNotes(root)

/** `npm run docs` runs this file with --update, which writes the page instead of comparing it. */
describe('docs/operations-table.md', () => {
  it('The page is what the comments above the operations say', async () => {
    await expect(operationsPage(root)).toMatchFileSnapshot('../../docs/operations-table.md')
  })

  it('The page has a row for each operation that is served, and names those of the model that are not', () => {
    const page = operationsPage(root)
    const names = [...page.matchAll(/^(?:\| \[?|- )([A-Z]\w+)(?=\]| \||$)/gm)].map(([, name]) => name!)
    const served = [ecr, sts, iam].flatMap((operations) => Object.keys(operations))
    expect(names).toEqual(expect.arrayContaining([...served, ...operationNames('ecr')]))
  })

  it.each(notes)('The comment above $name says what is exact or inferred', ({ exact, inferred }) => {
    expect(exact ?? inferred).toMatch(/\S.*\.$/)
  })

  it.each(notes.filter(({ name }) => name !== 'BatchImportUpstreamImage'))(
    "The comment above $name links to AWS's page",
    ({ page }) => {
      expect(page).toBeDefined()
    },
  )
})
