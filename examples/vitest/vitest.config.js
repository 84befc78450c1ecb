import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: { globalSetup: ['ecr-local/vitest'], setupFiles: ['environment.js'] },
})
