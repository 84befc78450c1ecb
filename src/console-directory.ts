import { fileURLToPath } from 'node:url'

/** Where `npm run build` puts the files of the console; of the package beside the bundles. */
export const consoleDirectory = fileURLToPath(new URL('../dist/console', import.meta.url))
