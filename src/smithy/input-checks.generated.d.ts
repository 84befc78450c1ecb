import type { ErrorObject } from 'ajv'

/** Whether a value is valid for a shape; if not, `errors` has the first violation until the next call. */
export interface InputCheck {
  (value: unknown): boolean
  readonly errors?: ErrorObject[] | null
}

/** Made by `npm run build` (scripts/compiled-schemas.ts): a check for every shape that a member of an input has, by its id. */
export declare const inputChecks: ReadonlyMap<string, InputCheck>
