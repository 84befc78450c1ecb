import type { Tag } from '@aws-sdk/client-ecr'
import AttributeEditor from '@cloudscape-design/components/attribute-editor'
import Input from '@cloudscape-design/components/input'

/** A resource tag in a form. */
export interface TagInput {
  readonly key: string
  readonly value: string
}

/** The members of a request. */
export const tagsInput = (tags: readonly TagInput[]): Tag[] =>
  tags.map(({ key, value }) => ({ Key: key, Value: value }))

/** Edits the tags of a repository. */
export function ResourceTagFields({
  tags,
  onChange,
}: {
  readonly tags: readonly TagInput[]
  readonly onChange: (tags: readonly TagInput[]) => void
}) {
  const change = (index: number, changed: Partial<TagInput>) =>
    onChange(tags.map((tag, at) => (at === index ? { ...tag, ...changed } : tag)))
  return (
    <AttributeEditor<TagInput>
      items={[...tags]}
      addButtonText="Add tag"
      removeButtonText="Remove"
      removeButtonAriaLabel={({ key }) => `Remove tag ${key}`}
      empty="No tags"
      onAddButtonClick={() => onChange([...tags, { key: '', value: '' }])}
      onRemoveButtonClick={({ detail }) => onChange(tags.filter((_, index) => index !== detail.itemIndex))}
      definition={[
        {
          label: 'Key',
          control: ({ key }, index) => (
            <Input value={key} placeholder="Key" onChange={({ detail }) => change(index, { key: detail.value })} />
          ),
        },
        {
          label: 'Value – optional',
          control: ({ value }, index) => (
            <Input
              value={value}
              placeholder="Value"
              onChange={({ detail }) => change(index, { value: detail.value })}
            />
          ),
        },
      ]}
    />
  )
}
