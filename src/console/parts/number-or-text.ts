/** What is typed into a field for a number: text that is none is sent as it is, and the service says what is wrong. */
export const numberOrText = (text: string): number | string =>
  text.trim() === '' || Number.isNaN(Number(text)) ? text : Number(text)
