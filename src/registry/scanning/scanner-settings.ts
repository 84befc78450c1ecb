/** Where the findings of image scans come from. Without a file and a scanner no image has any. */
export interface ScannerSettings {
  /** Path of a JSON file of findings; its form is `scan-findings.schema.json`. */
  readonly scanFindings: string | undefined
  /** A scanner that is installed on the machine. */
  readonly scanner: 'trivy' | undefined
  /** How long the scanner may work on an image. */
  readonly scanTimeoutSeconds: number
}

/** No source of findings, and Trivy's own time limit. */
export const defaultScanner: ScannerSettings = {
  scanFindings: undefined,
  scanner: undefined,
  scanTimeoutSeconds: 300,
}
