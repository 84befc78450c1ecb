import Autosuggest, { type AutosuggestProps } from '@cloudscape-design/components/autosuggest'
import FormField, { type FormFieldProps } from '@cloudscape-design/components/form-field'
import SpaceBetween from '@cloudscape-design/components/space-between'
import TokenGroup from '@cloudscape-design/components/token-group'
import { useState } from 'react'

/**
 * A field for several values: chosen from a list, or typed. Enter adds what was typed, and so does leaving the field,
 * so that nothing that was typed is lost.
 */
export function TokenField({
  values,
  onChange,
  options = [],
  placeholder,
  ...field
}: {
  readonly values: readonly string[]
  readonly onChange: (values: readonly string[]) => void
  readonly options?: AutosuggestProps.Options
  readonly placeholder?: string
} & Pick<FormFieldProps, 'label' | 'description' | 'constraintText' | 'errorText'>) {
  const [text, setText] = useState('')
  const add = (value: string) => {
    const added = value
      .split(/[\s,]+/)
      .filter((one, index, all) => one !== '' && !values.includes(one) && all.indexOf(one) === index)
    if (added.length > 0) onChange([...values, ...added])
    setText('')
  }
  return (
    <FormField {...field} stretch>
      <SpaceBetween size="xs">
        <Autosuggest
          value={text}
          options={options}
          {...(placeholder !== undefined && { placeholder })}
          enteredTextLabel={(entered) => `Add: ${entered}`}
          empty="Nothing to suggest: type it"
          onChange={({ detail }) => setText(detail.value)}
          onSelect={({ detail }) => add(detail.value)}
          onBlur={() => add(text)}
          onKeyDown={({ detail }) => detail.key === 'Enter' && add(text)}
        />
        <TokenGroup
          items={values.map((value) => ({ label: value, dismissLabel: `Remove ${value}` }))}
          onDismiss={({ detail }) => onChange(values.filter((_, index) => index !== detail.itemIndex))}
        />
      </SpaceBetween>
    </FormField>
  )
}
