/** A value that may still have to be awaited. A store in the same process has it at once, without a promise. */
export type Awaitable<T> = T | Promise<T>

/**
 * Like `Promise.all(values).then(use)`, but at once if none of the values is a promise. `use` must not throw. It saves
 * 2 µs of a cached pull, whose policies and records are in the embedded store.
 */
export function whenAll<V extends readonly unknown[], R>(
  values: readonly [...V],
  use: (values: { readonly [I in keyof V]: Awaited<V[I]> }) => Awaitable<R>,
): Awaitable<R> {
  type Settled = { readonly [I in keyof V]: Awaited<V[I]> }
  if (!values.some((value) => value instanceof Promise)) return use(values as unknown as Settled)
  return Promise.all(values).then((settled) => use(settled as unknown as Settled))
}
