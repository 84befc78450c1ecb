import { describe, expect, it } from 'vitest'
import { seedSchema } from '../../scripts/seed-schema.js'

/** `npm run docs` runs this file with --update, which writes the schema instead of comparing it. */
describe('seed.schema.json', () => {
  it("The schema of a seed's entries has the members of the API's inputs", async () => {
    await expect(await seedSchema()).toMatchFileSnapshot('../../seed.schema.json')
  })
})
