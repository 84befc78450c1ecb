/** What the compiled schemas call for keywords that JSON Schema does not have: see scripts/json-schema.ts. */

export { wholeText } from './pattern.js'

/** Whether a text is base64 as RFC 4648 writes it, padded and without line breaks. */
export const isBase64 = (text: string): boolean => text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text)

/** How many bytes a base64 text stands for. */
export const bytesIn = (base64: string): number => Buffer.byteLength(base64, 'base64')
