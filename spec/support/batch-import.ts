/** Calls BatchImportUpstreamImage, which the SDK lacks, as the console does. */
export { batchImportUpstreamImage as batchImport } from '../../src/console/requests/batch-import-upstream-image.js'
