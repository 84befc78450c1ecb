import { PutImageCommand } from '@aws-sdk/client-ecr'
import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import FormField from '@cloudscape-design/components/form-field'
import Header from '@cloudscape-design/components/header'
import Input from '@cloudscape-design/components/input'
import SpaceBetween from '@cloudscape-design/components/space-between'
import TokenGroup from '@cloudscape-design/components/token-group'
import { type FormEvent, useState } from 'react'
import { useNavigate } from 'react-router'
import { ConfirmDeletion } from '../../parts/confirm-deletion.js'
import { FailureAlert } from '../../parts/failure-alert.js'
import { useEcrChange } from '../../requests/use-ecr.js'
import { repositoryAddress } from '../repositories/repository-requests.js'
import type { ShownImage } from './shown-image.js'
import { ImageFailures } from './image-failures.js'
import { imageAddress } from './image-kind.js'
import { deleteImages, readManifest, useChangeOfImages } from './image-requests.js'

/** The tags of an image: removes one, or adds one to the same manifest. */
export function ImageTags(shown: ShownImage) {
  const { imageTags = [] } = shown.image
  const [removed, setRemoved] = useState<string>()
  return (
    <Container
      header={
        <Header counter={`(${imageTags.length})`} description="A tag names one image of a repository at a time.">
          Image tags
        </Header>
      }
    >
      <SpaceBetween size="m">
        {imageTags.length > 0 && (
          <TokenGroup
            limit={TAGS_SHOWN}
            items={imageTags.map((tag) => ({ label: tag, dismissLabel: `Remove tag ${tag}` }))}
            onDismiss={({ detail }) => setRemoved(imageTags[detail.itemIndex])}
          />
        )}
        <TagAddition {...shown} />
      </SpaceBetween>
      {removed !== undefined && <TagRemoval {...shown} tag={removed} onDismiss={() => setRemoved(undefined)} />}
    </Container>
  )
}

const TAGS_SHOWN = 50

function TagAddition({ repository, digest }: ShownImage) {
  const [tag, setTag] = useState('')
  const { mutate, isPending, error } = useEcrChange(
    async (client, imageTag: string) => {
      const { imageManifest, imageManifestMediaType } = await readManifest(client, repository, digest)
      const input = { repositoryName: repository, imageManifest, imageTag }
      return client.send(
        new PutImageCommand({ ...input, ...(imageManifestMediaType !== undefined && { imageManifestMediaType }) }),
      )
    },
    { succeeded: (added) => `Tag ${added} added.`, onSuccess: () => setTag('') },
  )
  const submit = (event: FormEvent) => {
    event.preventDefault()
    mutate(tag.trim())
  }
  return (
    <form onSubmit={submit}>
      <SpaceBetween size="s">
        <SpaceBetween direction="horizontal" size="xs" alignItems="end">
          <FormField label="New tag">
            <Input value={tag} onChange={({ detail }) => setTag(detail.value)} />
          </FormField>
          <Button loading={isPending} disabled={tag.trim() === ''}>
            Add tag
          </Button>
        </SpaceBetween>
        <FailureAlert error={error} />
      </SpaceBetween>
    </form>
  )
}

function TagRemoval({
  repository,
  digest,
  image,
  tag,
  onDismiss,
}: ShownImage & { readonly tag: string; readonly onDismiss: () => void }) {
  const navigate = useNavigate()
  const isLast = image.imageTags?.length === 1
  const { mutate, isPending, error, data } = useChangeOfImages(
    (client) => deleteImages(client, repository, [{ imageTag: tag }]),
    () => `Tag ${tag} removed${isLast ? ', and the image with it' : ''}.`,
    ({ length }) => {
      if (length > 0) return
      onDismiss()
      // The address may name the image by the tag that is gone.
      void navigate(isLast ? repositoryAddress(repository) : imageAddress(repository, digest), { replace: true })
    },
  )
  return (
    <ConfirmDeletion
      title={`Remove tag ${tag}`}
      action="Remove"
      names={[tag]}
      consequence={
        isLast
          ? 'This is the last tag of the image, so the image is deleted, too. This cannot be undone.'
          : 'The image can no longer be pulled by this tag. It keeps its other tags.'
      }
      {...(isLast && { typed: 'delete' })}
      isBusy={isPending}
      error={error}
      onConfirm={() => mutate(undefined)}
      onDismiss={onDismiss}
    >
      <ImageFailures failures={data?.failures ?? []} onDismiss={onDismiss} />
    </ConfirmDeletion>
  )
}
