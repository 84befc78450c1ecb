/** A refusal in the form of S3: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
export class S3Error extends Error {
  override readonly name = 'S3Error'
  constructor(
    readonly status: number,
    readonly code: string,
    readonly region?: string,
  ) {
    super(code)
  }
}

/** The answer to a request. */
export interface Answer {
  readonly status?: number
  readonly headers?: Record<string, string | number>
  readonly body?: string | Buffer
}

/** An XML document. A member that is a list is repeated, and an undefined one is omitted. */
export const xml = (root: string, members: Members): Answer => ({
  headers: { 'content-type': 'application/xml' },
  body: `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${inside(members)}</${root}>`,
})

export const errorAnswer = ({ status, code, region }: S3Error): Answer => {
  const members = { Code: code, Message: `${code} by the specs' S3`, Region: region }
  const headers = { 'content-type': 'application/xml', ...(region && { 'x-amz-bucket-region': region }) }
  return { status, headers, body: `<?xml version="1.0" encoding="UTF-8"?>\n<Error>${inside(members)}</Error>` }
}

interface Members {
  readonly [name: string]: string | number | boolean | undefined | Members | readonly Members[]
}

const inside = (members: Members): string =>
  Object.entries(members)
    .flatMap(([name, value]) => (isList(value) ? value : [value]).map((one) => element(name, one)))
    .join('')

function element(name: string, value: string | number | boolean | undefined | Members): string {
  if (value === undefined) return ''
  return `<${name}>${typeof value === 'object' ? inside(value) : escaped(String(value))}</${name}>`
}

const isList = (value: Members[string]): value is readonly Members[] => Array.isArray(value)
const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/** The text of every element of this name in a document from a client, in order. */
export const textsOf = (document: Buffer, name: string): string[] =>
  [...document.toString().matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g'))].map(([, text = '']) =>
    text.replaceAll('&quot;', '"').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&'),
  )
