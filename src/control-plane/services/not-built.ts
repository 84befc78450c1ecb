/** The entry in a service's table for an operation that the service has and the emulator does not have. */
export const notBuilt = 'not built'

/** The type of `notBuilt`. */
export type NotBuilt = typeof notBuilt

/** The operations of a table that the emulator has. */
export type Built<Table> = { readonly [N in keyof Table]?: Exclude<Table[N], NotBuilt> }

/** The table without the operations that are not built. */
export const builtIn = <Table extends object>(table: Table): Built<Table> =>
  Object.fromEntries(Object.entries(table).filter(([, operation]) => operation !== notBuilt)) as Built<Table>
