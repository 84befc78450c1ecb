/** A descriptor of a manifest. */
export interface Descriptor {
  readonly mediaType?: string
  readonly digest?: string
  readonly size?: number
  readonly platform?: { readonly os?: string; readonly architecture?: string; readonly variant?: string }
  readonly annotations?: Readonly<Record<string, string>>
}

/** What the console shows of a manifest or an index. */
export interface ManifestContent {
  readonly config?: Descriptor
  readonly layers?: readonly Descriptor[]
  readonly manifests?: readonly Descriptor[]
}

/** The content of a manifest's text; nothing of it if it is not JSON, which the service does not accept. */
export function contentOf(text = '{}'): ManifestContent {
  try {
    return JSON.parse(text) as ManifestContent
  } catch {
    return {}
  }
}

/** The platform of an entry of an index; of an attestation the annotation says what it is. */
export function platformOf({ platform, annotations }: Descriptor): string {
  const type = annotations?.['vnd.docker.reference.type']
  if (type !== undefined) return type === 'attestation-manifest' ? 'Attestation' : type
  const { os = 'unknown', architecture = 'unknown', variant } = platform ?? {}
  return [os, architecture, variant].filter((part) => part !== undefined).join('/')
}
