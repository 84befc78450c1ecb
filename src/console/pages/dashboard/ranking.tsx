import { type ReactNode, useId } from 'react'
import { fillOf, type Look, Patterns } from './chart-marks.js'
import './charts.css'

/** One bar of a ranking: its parts are drawn one after another. */
export interface RankedEntry {
  readonly key: string
  readonly label: ReactNode
  readonly text: string
  readonly parts: readonly { readonly look: Look; readonly value: number }[]
}

/** Entries as horizontal bars under their names, the whole width being the largest of them. */
export function Ranking({ label, entries }: { readonly label: string; readonly entries: readonly RankedEntry[] }) {
  const id = useId()
  const sumOf = ({ parts }: RankedEntry) => parts.reduce((sum, { value }) => sum + value, 0)
  const largest = Math.max(1, ...entries.map(sumOf))
  return (
    <ol className="ranking" aria-label={label}>
      {entries.map((entry) => (
        <li key={entry.key}>
          <div className="ranking-label">
            <span>{entry.label}</span>
            <span>{entry.text}</span>
          </div>
          <PartedBar id={`${id}${entry.key}`} parts={entry.parts} whole={largest} />
        </li>
      ))}
    </ol>
  )
}

/** A horizontal bar of several parts, of which a whole is the full width. */
export function PartedBar({
  id,
  parts,
  whole,
}: {
  readonly id: string
  readonly parts: RankedEntry['parts']
  readonly whole: number
}) {
  const startOf = (at: number) => parts.slice(0, at).reduce((sum, { value }) => sum + value, 0)
  return (
    <svg className="parted-bar" height={10} aria-hidden="true">
      <Patterns id={id} looks={parts.map(({ look }) => look)} />
      {parts.map(({ look, value }, at) => (
        <rect
          key={look}
          className={`chart-${look}`}
          x={`${(100 * startOf(at)) / whole}%`}
          width={`${(100 * value) / whole}%`}
          height={10}
          fill={fillOf(look, id)}
        />
      ))}
    </svg>
  )
}
