import type { configurationCheck } from './configuration-check.generated.js'

/** Made by `npm run build` (scripts/compiled-schemas.ts) from scan-findings.schema.json. */
export declare const findingsCheck: typeof configurationCheck
