/** What browsers with Trusted Types have; none of the others enforces them. */
interface TrustedTypes {
  createPolicy(name: 'default', rules: { readonly createHTML: HtmlRule }): void
}

/** The text to go on with, or null to refuse it. `sink` names the function that was given the text. */
type HtmlRule = (text: string, type: string, sink: string) => string | null

/**
 * The content security policy lets no text become markup. The answers of STS are XML, which the SDK parses into a
 * document that is never shown: that alone is allowed. https://www.w3.org/TR/trusted-types/#default-policy-hdr
 */
export function allowParsing(): void {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes }
  trustedTypes?.createPolicy('default', {
    createHTML: (text, _type, sink) => (sink === 'DOMParser parseFromString' ? text : null),
  })
}
