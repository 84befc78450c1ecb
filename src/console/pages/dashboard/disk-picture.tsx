import Box from '@cloudscape-design/components/box'
import { useId } from 'react'
import type { Disk } from '../../../control-plane/admin/admin-answers.js'
import { formatBytes } from '../../../registry/amounts.js'
import { Bytes } from '../../parts/amounts.js'
import { type Look, Patterns, Swatch } from './chart-marks.js'
import { Picture } from './picture.js'
import { PartedBar } from './ranking.js'
import './charts.css'

interface DiskPart {
  readonly title: string
  readonly look: Look
  readonly value: number
}

/** How full the disk of the blobs is, and with what. */
export function DiskPicture({ disk }: { readonly disk: Disk | null }) {
  const parts = disk ? partsOf(disk) : []
  return (
    <Picture<DiskPart>
      id="disk"
      title="Disk"
      description={disk ? `${formatBytes(disk.totalBytes)} in all, now.` : undefined}
      isEmpty={disk === null}
      empty="The blobs are in memory or in a bucket: there is no disk to measure."
      chart={disk && <DiskBar parts={parts} whole={disk.totalBytes} />}
      things="parts"
      items={parts}
      keyOf={({ title }) => title}
      columns={[
        { id: 'title', header: 'Part', text: ({ title }) => title, isRowHeader: true },
        { id: 'bytes', header: 'Bytes', text: ({ value }) => value, cell: ({ value }) => <Bytes value={value} /> },
      ]}
    />
  )
}

function partsOf({ totalBytes, freeBytes, blobBytes }: Disk): DiskPart[] {
  const used = totalBytes - freeBytes
  const blobs = Math.min(blobBytes ?? 0, used)
  const ofBlobs: DiskPart[] = blobBytes === null ? [] : [{ title: 'Blobs of images', look: 'cache', value: blobs }]
  return [
    ...ofBlobs,
    { title: blobBytes === null ? 'Used' : 'Other files', look: 'upstream', value: used - blobs },
    { title: 'Free', look: 'rest', value: freeBytes },
  ]
}

function DiskBar({ parts, whole }: { readonly parts: readonly DiskPart[]; readonly whole: number }) {
  const id = useId()
  return (
    <div>
      <svg width={0} height={0} aria-hidden="true">
        <Patterns id={id} looks={parts.map(({ look }) => look)} />
      </svg>
      <PartedBar id={`${id}bar`} parts={parts} whole={whole} />
      <ul className="chart-legend">
        {parts.map(({ title, look, value }) => (
          <li key={title}>
            <Swatch look={look} isLine={false} id={id} />
            <Box variant="small">
              {title}: <b>{formatBytes(value)}</b>
            </Box>
          </li>
        ))}
      </ul>
    </div>
  )
}
