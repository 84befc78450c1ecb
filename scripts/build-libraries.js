// Prints the development dependencies that the bundles and the console are made with and of, as `npm install` takes them:
// the build stage of the Dockerfile needs no others.
import { readFileSync } from 'node:fs'

const NEEDED =
  /^(rolldown|rolldown-license-plugin|vite|vite-plugin-.+|@vitejs\/.+|react|react-dom|react-router|@tanstack\/.+|@cloudscape-design\/.+|eventsource-parser)$/

const { devDependencies } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
const needed = Object.entries(devDependencies).filter(([name]) => NEEDED.test(name))
process.stdout.write(needed.map((dependency) => dependency.join('@')).join(' '))
