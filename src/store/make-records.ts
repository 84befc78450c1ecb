import { collections } from '../registry/collections.js'
import type { Collection, Records } from '../registry/ports/store.js'
import type { Upgrade } from './stored-records.js'

const declarations = Object.entries(collections) as [keyof Records, { readonly upgrade: Upgrade<unknown> }][]

/** Makes each declared collection; `make` is given the name under which it is stored. */
export function makeRecords(make: (name: keyof Records, upgrade: Upgrade<unknown>) => Collection<unknown>): Records {
  // `Records` is derived from the same declarations, name by name.
  return Object.fromEntries(
    declarations.map(([name, { upgrade }]) => [name, make(name, upgrade)]),
  ) as unknown as Records
}
