/*
 * How the series of a chart differ: by pattern, line and marker, and then also by colour.
 */

/** The look of a series; the styles of charts.css have a colour for each. */
export type Look = 'cache' | 'cache-slow' | 'upstream' | 'upstream-slow' | 'failed' | 'rest'

type Texture = 'solid' | 'hatch' | 'cross' | 'hollow'

const TEXTURES: Readonly<Record<Look, Texture>> = {
  cache: 'solid',
  'cache-slow': 'hatch',
  upstream: 'hatch',
  'upstream-slow': 'cross',
  failed: 'cross',
  rest: 'hollow',
}

/** The pattern that fills a look; its name is unique on the page through `id`. */
export const fillOf = (look: Look, id: string): string =>
  TEXTURES[look] === 'solid' ? 'currentColor' : `url(#${id}-${look})`

/** The patterns of the looks of one picture. */
export const Patterns = ({ id, looks }: { readonly id: string; readonly looks: readonly Look[] }) => (
  <defs>
    {looks.map((look) => (
      <pattern key={look} id={`${id}-${look}`} className={`chart-${look}`} width="6" height="6" {...INCLINED}>
        <rect width="6" height="6" fill="currentColor" fillOpacity="0.25" />
        {TEXTURES[look] !== 'hollow' && <rect width="2.5" height="6" fill="currentColor" />}
        {TEXTURES[look] === 'cross' && <rect width="6" height="2" fill="currentColor" />}
      </pattern>
    ))}
  </defs>
)

const INCLINED = { patternUnits: 'userSpaceOnUse', patternTransform: 'rotate(45)' } as const

/** Whether a look is drawn with a broken line. */
export const isBroken = (look: Look): boolean => look.endsWith('-slow')

/**
 * A point of a line: round for the cache, square for the upstream, hollow where the line is broken, so that series differ
 * without a colour and where there is no line.
 */
export function Marker({ look, x, y }: { readonly look: Look; readonly x: number; readonly y: number }) {
  const paint = isBroken(look) ? { fill: 'none', stroke: 'currentColor', strokeWidth: 1.5 } : { fill: 'currentColor' }
  if (look.startsWith('cache')) return <circle cx={x} cy={y} r={2.5} {...paint} />
  return <rect x={x - 2.5} y={y - 2.5} width={5} height={5} {...paint} />
}

/** The sample of a look beside its name. */
export function Swatch({ look, isLine, id }: { readonly look: Look; readonly isLine: boolean; readonly id: string }) {
  return (
    <svg className={`chart-swatch chart-${look}`} width={24} height={12} aria-hidden="true">
      {isLine ? (
        <>
          <line
            x1={0}
            y1={6}
            x2={24}
            y2={6}
            className="chart-line"
            strokeDasharray={isBroken(look) ? '5 4' : undefined}
          />
          <Marker look={look} x={12} y={6} />
        </>
      ) : (
        <rect x={0.5} y={0.5} width={23} height={11} fill={fillOf(look, id)} stroke="currentColor" />
      )}
    </svg>
  )
}
