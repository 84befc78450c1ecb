import type { ImageDetail, ImageFailure, ImageIdentifier } from '@aws-sdk/client-ecr'
import FormField from '@cloudscape-design/components/form-field'
import Multiselect from '@cloudscape-design/components/multiselect'
import RadioGroup from '@cloudscape-design/components/radio-group'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useState } from 'react'
import { ConfirmDeletion } from '../../parts/confirm-deletion.js'
import { deleteImages, useChangeOfImages } from './image-requests.js'
import { imageName, isIndex } from './image-kind.js'

/** Asks which of the chosen images are deleted: they themselves, or only some of their tags. */
export function ImageDeletion({
  repository,
  images,
  onDone,
  onDismiss,
}: {
  readonly repository: string
  readonly images: readonly ImageDetail[]
  /** Called after the deletion with what was not deleted. */
  readonly onDone: (failures: readonly ImageFailure[]) => void
  readonly onDismiss: () => void
}) {
  const [isWhole, setWhole] = useState(true)
  const [tags, setTags] = useState<readonly string[]>([])
  const allTags = images.flatMap(({ imageTags }) => imageTags ?? [])
  // An index goes before the images it lists, which cannot be deleted as long as it is there.
  const whole = [...images].sort((a, b) => Number(isIndex(b)) - Number(isIndex(a)))
  const ids: ImageIdentifier[] = isWhole
    ? whole.map(({ imageDigest }) => ({ imageDigest }))
    : tags.map((imageTag) => ({ imageTag }))
  const deletion = useChangeOfImages(
    (client) => deleteImages(client, repository, ids),
    (changed) => `${numberOf(changed, isWhole)} deleted from ${repository}.`,
    onDone,
  )
  return (
    <ConfirmDeletion
      title={`Delete ${isWhole ? numberOf(images.length, true) : numberOf(tags.length, false)}`}
      names={isWhole ? images.map(imageName) : tags}
      consequence={isWhole ? WHOLE : TAGS}
      typed="delete"
      isBusy={deletion.isPending}
      error={deletion.error}
      onConfirm={() => deletion.mutate(undefined)}
      onDismiss={onDismiss}
    >
      {allTags.length > 0 && (
        <SpaceBetween size="s">
          <FormField label="What to delete">
            <RadioGroup
              value={isWhole ? 'images' : 'tags'}
              onChange={({ detail }) => setWhole(detail.value === 'images')}
              items={[
                { value: 'images', label: 'The images with all of their tags' },
                { value: 'tags', label: 'Only tags' },
              ]}
            />
          </FormField>
          {!isWhole && (
            <FormField label="Tags to delete">
              <Multiselect
                options={allTags.map(optionOf)}
                selectedOptions={tags.map(optionOf)}
                filteringType="auto"
                placeholder="Choose tags"
                onChange={({ detail }) => setTags(detail.selectedOptions.map(({ value = '' }) => value))}
              />
            </FormField>
          )}
        </SpaceBetween>
      )}
    </ConfirmDeletion>
  )
}

const WHOLE = 'The images can no longer be pulled, neither by tag nor by digest. This cannot be undone.'
const TAGS = 'The images can no longer be pulled by these tags. An image that loses its last tag is deleted.'

const optionOf = (value: string) => ({ value, label: value })

const numberOf = (count: number, isWhole: boolean): string => {
  const thing = isWhole ? 'image' : 'tag'
  return `${count} ${count === 1 ? thing : `${thing}s`}`
}
