import type { ErrorObject } from 'ajv'

/** Made by `npm run build` (scripts/compiled-schemas.ts) from ecr-local.schema.json. */
export declare const configurationCheck: {
  (configuration: unknown): boolean
  readonly errors?: ErrorObject[] | null
}
