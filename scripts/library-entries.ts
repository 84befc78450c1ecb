/** What users import, by the name of its file in `dist`; `exports` in package.json refers to these files. */
export const commonJsEntries = {
  library: 'src/library/ecr-local.ts',
  jest: 'src/library/integrations/jest.ts',
  'jest-teardown': 'src/library/integrations/jest-teardown.ts',
  testcontainers: 'src/library/integrations/testcontainers.ts',
}

/** Vitest has ES modules only, so what is made for it is one, too. */
export const esEntries = { vitest: 'src/library/integrations/vitest.ts' }
