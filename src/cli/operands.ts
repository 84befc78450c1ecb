/** The words after a command. */
export type Operands = readonly string[]

/** Says what is wrong with the operands of a command; undefined if nothing is. */
export type RefuseOperands = (operands: Operands) => string | undefined

/** Refuses more operands than this. */
export const atMost =
  (count: number): RefuseOperands =>
  (operands) =>
    operands.length > count ? `${operands.slice(count).join(' ')} is one argument too many` : undefined

/** Accepts all operands. */
export const anyNumber: RefuseOperands = () => undefined

/** Whether an operand of import and export is an archive of state, not the name of an image. */
export const isArchive = (operand: string): boolean => operand === '-' || operand.endsWith('.tar')

/** Requires images, or one archive. */
export function refuseImport(operands: Operands): string | undefined {
  if (operands.length === 0)
    return 'ecr-local import needs the images to import from their upstream, or an archive of state'
  const archive = operands.find(isArchive)
  if (archive === undefined || operands.length === 1) return undefined
  return `${archive} is an archive of state, which is imported alone (an image of that name needs its tag: ${archive}:latest)`
}

/** Requires one archive. */
export function refuseExport(operands: Operands): string | undefined {
  const [file, ...more] = operands
  if (file === undefined) return 'ecr-local export needs the file to write, or - for standard output'
  if (!isArchive(file)) return `${file} does not end in .tar, by which ecr-local import knows an archive`
  return more.length > 0 ? `${more.join(' ')} is one argument too many` : undefined
}

/** Requires a first operand that is one of these, and checks what follows it. */
export const oneOf =
  (choices: readonly string[], command: string, missing: string, refuseMore: RefuseOperands): RefuseOperands =>
  ([first, ...more]) => {
    if (first === undefined) return `ecr-local ${command} needs to know ${missing}`
    return choices.includes(first) ? refuseMore(more) : `ecr-local ${command} does not know ${first}`
  }
