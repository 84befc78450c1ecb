import { ListTagsForResourceCommand, TagResourceCommand, UntagResourceCommand } from '@aws-sdk/client-ecr'
import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import Form from '@cloudscape-design/components/form'
import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { type FormEvent, useState } from 'react'
import { FailureAlert } from '../../parts/failure-alert.js'
import { ResourceTable } from '../../parts/resource-table.js'
import { useEcr, useEcrChange } from '../../requests/use-ecr.js'
import { ResourceTagFields, type TagInput, tagsInput } from './resource-tag-fields.js'
import { useFlag } from '../../parts/use-parameter.js'
import { FormActions } from '../../parts/form-actions.js'

/** The resource tags of a repository. */
export function RepositoryTags({ arn }: { readonly arn: string }) {
  const [isEditing, setEditing] = useFlag('edit')
  const { data, error } = useEcr('ListTagsForResource', new ListTagsForResourceCommand({ resourceArn: arn }))
  const tags = data?.tags?.map(({ Key: key = '', Value: value = '' }): TagInput => ({ key, value }))
  if (isEditing && tags) return <Editor arn={arn} before={tags} onDone={() => setEditing(false)} />
  return (
    <ResourceTable
      title="Repository tags"
      things="tags"
      items={tags ?? (data && [])}
      error={error}
      description="Tags of the repository, for policies and costs; not those of its images."
      actions={<Button onClick={() => setEditing(true)}>Manage tags</Button>}
      keyOf={({ key }) => key}
      columns={[
        { id: 'key', header: 'Key', text: ({ key }) => key, isRowHeader: true },
        { id: 'value', header: 'Value', text: ({ value }) => value },
      ]}
    />
  )
}

function Editor({
  arn,
  before,
  onDone,
}: {
  readonly arn: string
  readonly before: readonly TagInput[]
  readonly onDone: () => void
}) {
  const [tags, setTags] = useState(before)
  const { mutate, isPending, error } = useEcrChange(
    async (client) => {
      const set = tags.filter(({ key, value }) => before.every((tag) => tag.key !== key || tag.value !== value))
      const removed = before.filter(({ key }) => tags.every((tag) => tag.key !== key)).map(({ key }) => key)
      if (set.length > 0) await client.send(new TagResourceCommand({ resourceArn: arn, tags: tagsInput(set) }))
      if (removed.length > 0) await client.send(new UntagResourceCommand({ resourceArn: arn, tagKeys: removed }))
    },
    { succeeded: () => 'The tags were saved.', onSuccess: onDone },
  )
  const submit = (event: FormEvent) => {
    event.preventDefault()
    mutate(undefined)
  }
  return (
    <form onSubmit={submit}>
      <Form actions={<FormActions isBusy={isPending} onCancel={onDone} />}>
        <Container header={<Header>Manage tags</Header>}>
          <SpaceBetween size="m">
            <FailureAlert error={error} />
            <ResourceTagFields tags={tags} onChange={setTags} />
          </SpaceBetween>
        </Container>
      </Form>
    </form>
  )
}
