// Bundles as rolldown.config.ts or the given file says, without the list of files that rolldown's own command line prints:
// `npm start` builds first.
import { build } from 'rolldown'
import { loadConfig } from 'rolldown/config'

const [, , config = 'rolldown.config.ts'] = process.argv
await build(await loadConfig(config))
