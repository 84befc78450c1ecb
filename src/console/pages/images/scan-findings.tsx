import Badge, { type BadgeProps } from '@cloudscape-design/components/badge'
import Link from '@cloudscape-design/components/link'
import { useMemo } from 'react'
import { type Column, ResourceTable } from '../../parts/resource-table.js'
import { MAX_ITEMS } from '../../requests/use-ecr.js'
import { type FindingRow, findingRows, rankOf } from './finding-rows.js'
import { useScanFindings } from './image-requests.js'

const COLOURS: Readonly<Record<string, BadgeProps['color']>> = {
  CRITICAL: 'severity-critical',
  HIGH: 'severity-high',
  MEDIUM: 'severity-medium',
  LOW: 'severity-low',
}

const COLUMNS: readonly Column<FindingRow>[] = [
  {
    id: 'name',
    header: 'Name',
    text: ({ name }) => name,
    cell: ({ name, uri }) => (isWebAddress(uri) ? <OtherSite uri={uri} text={name} /> : name),
    isRowHeader: true,
    minWidth: 170,
  },
  { id: 'package', header: 'Package', text: ({ packageName }) => packageName },
  { id: 'version', header: 'Version', text: ({ packageVersion }) => packageVersion },
  { id: 'fixed', header: 'Fixed in', text: ({ fixedIn }) => fixedIn },
  {
    id: 'severity',
    header: 'Severity',
    // A digit before the word sorts severities as they are severe.
    text: ({ severity }) => `${rankOf(severity)} ${severity}`,
    cell: ({ severity }) => <Badge color={COLOURS[severity] ?? 'severity-neutral'}>{severity}</Badge>,
  },
  { id: 'score', header: 'CVSS score', text: ({ score }) => score },
  { id: 'description', header: 'Description', text: ({ description }) => description, minWidth: 240 },
]

/** Findings come from files and scanners: an address of another scheme than the web's is shown as text only. */
const isWebAddress = (uri: string | undefined): uri is string => uri !== undefined && /^https?:\/\//i.test(uri)

const OtherSite = ({ uri, text }: { readonly uri: string; readonly text: string }) => (
  <Link href={uri} external rel="noreferrer" externalIconAriaLabel="Opens in a new tab">
    {text}
  </Link>
)

/** The findings of a scan, the worst first. */
export function ScanFindings({
  repository,
  digest,
  scannedAt,
}: {
  readonly repository: string
  readonly digest: string
  readonly scannedAt: Date | undefined
}) {
  const { data, error } = useScanFindings(repository, digest, scannedAt)
  const rows = useMemo(() => data && findingRows(data), [data])
  return (
    <ResourceTable
      title="Findings"
      things="findings"
      items={rows}
      error={error}
      columns={COLUMNS}
      keyOf={({ key }) => key}
      description={(rows?.length ?? 0) >= MAX_ITEMS && `Only the first ${MAX_ITEMS.toLocaleString('en')} are listed.`}
      empty={<>The scanner knows of no vulnerability in this image.</>}
    />
  )
}
