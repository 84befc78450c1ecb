import Autosuggest, { type AutosuggestProps } from '@cloudscape-design/components/autosuggest'
import FormField, { type FormFieldProps } from '@cloudscape-design/components/form-field'
import SpaceBetween from '@cloudscape-design/components/space-between'
import TokenGroup from '@cloudscape-design/components/token-group'

/** What a field for several values holds: those that were added, and what is being typed. */
export interface Tokens {
  readonly added: readonly string[]
  readonly text: string
}

/** An empty field. */
export const NO_TOKENS: Tokens = { added: [], text: '' }

/** All values, what is being typed included, so that nothing is lost that was not added with Enter. */
export const valuesOf = ({ added, text }: Tokens): readonly string[] => [
  ...new Set([...added, ...text.split(/[\s,]+/).filter((one) => one !== '')]),
]

/** A field for several values: chosen from a list, or typed and added with Enter. */
export function TokenField({
  value,
  onChange,
  options = [],
  placeholder,
  ...field
}: {
  readonly value: Tokens
  readonly onChange: (value: Tokens) => void
  readonly options?: AutosuggestProps.Options
  readonly placeholder?: string
} & Pick<FormFieldProps, 'label' | 'description' | 'constraintText' | 'errorText'>) {
  const { added, text } = value
  const add = (typed: string) => onChange({ added: valuesOf({ added, text: typed }), text: '' })
  return (
    <FormField {...field} stretch>
      <SpaceBetween size="xs">
        <Autosuggest
          value={text}
          options={options}
          {...(placeholder !== undefined && { placeholder })}
          enteredTextLabel={(entered) => `Add: ${entered}`}
          empty="Nothing to suggest: type it"
          onChange={({ detail }) => onChange({ added, text: detail.value })}
          onSelect={({ detail }) => add(detail.value)}
          onKeyDown={({ detail }) => detail.key === 'Enter' && text !== '' && add(text)}
        />
        {added.length > 0 && (
          <TokenGroup
            items={added.map((one) => ({ label: one, dismissLabel: `Remove ${one}` }))}
            onDismiss={({ detail }) =>
              onChange({ added: added.filter((_, index) => index !== detail.itemIndex), text })
            }
          />
        )}
      </SpaceBetween>
    </FormField>
  )
}
