import { collections } from '../registry/collections.js'
import type { Collection, Records } from '../registry/ports/store.js'
import type { Upgrade } from './stored-records.js'

const declarations = Object.entries(collections) as [keyof Records, { readonly upgrade: Upgrade<unknown> }][]

/** Creates the declared collections; `make` gets the name under which each is stored. */
export function makeRecords(make: (name: keyof Records, upgrade: Upgrade<unknown>) => Collection<unknown>): Records {
  // The type `Records` is derived from these declarations, so the names and types agree.
  return Object.fromEntries(
    declarations.map(([name, { upgrade }]) => [name, make(name, upgrade)]),
  ) as unknown as Records
}
