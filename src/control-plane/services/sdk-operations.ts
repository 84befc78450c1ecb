/*
 * Types derived from the command classes of an AWS SDK client (`Sdk` is the type of its module), so that no operation,
 * input or output is written by hand.
 */

/** The names of the operations that an SDK client has. */
export type SdkOperationName<Sdk> = Exclude<
  { [K in keyof Sdk]: K extends `${infer N}Command` ? N : never }[keyof Sdk],
  '$'
>

type CommandOf<Sdk, N extends string> = `${N}Command` extends keyof Sdk
  ? Sdk[`${N}Command`] extends abstract new (...args: never[]) => infer C
    ? C
    : never
  : never

/** The validated input of an SDK operation. */
export type SdkInput<Sdk, N extends string> = CommandOf<Sdk, N> extends { input: infer I } ? Validated<I> : never

/** The output of an SDK operation. */
export type SdkOutput<Sdk, N extends string> =
  CommandOf<Sdk, N> extends {
    resolveMiddleware: (...args: never[]) => (...args: never[]) => Promise<{ output: infer O }>
  }
    ? Omit<O, '$metadata'>
    : never

/** The SDK types a required member as `T | undefined`; after validation it is `T`. Bytes are base64 text. */
export type Validated<T> = T extends Uint8Array
  ? string
  : T extends object
    ? { [K in keyof T]: Validated<Exclude<T[K], undefined>> }
    : T
