// Bundles as rolldown.config.ts says, without the list of files that rolldown's own command line prints: `npm start` builds first.
import { build } from 'rolldown'
import { loadConfig } from 'rolldown/config'

await build(await loadConfig('rolldown.config.ts'))
