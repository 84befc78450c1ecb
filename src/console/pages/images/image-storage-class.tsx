import type { ImageDetail, ImageFailure, TargetStorageClass } from '@aws-sdk/client-ecr'
import Button from '@cloudscape-design/components/button'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useState } from 'react'
import { ConfirmDeletion } from '../../parts/confirm-deletion.js'
import { changeStorageClass, useChangeOfImages } from './image-requests.js'
import { imageName } from './image-kind.js'

/** Buttons that archive images, and restore those that are archived. */
export function ImageStorageClass(props: {
  readonly repository: string
  readonly images: readonly ImageDetail[]
  readonly onDone: (failures: readonly ImageFailure[]) => void
}) {
  const [target, setTarget] = useState<TargetStorageClass>()
  const archived = props.images.filter(({ imageStatus }) => imageStatus === 'ARCHIVED')
  const others = props.images.filter(({ imageStatus }) => imageStatus !== 'ARCHIVED')
  return (
    <SpaceBetween direction="horizontal" size="xs">
      <Button disabled={others.length === 0} onClick={() => setTarget('ARCHIVE')}>
        Archive
      </Button>
      <Button disabled={archived.length === 0} onClick={() => setTarget('STANDARD')}>
        Restore
      </Button>
      {target !== undefined && (
        <ConfirmStorageClass
          {...props}
          images={target === 'ARCHIVE' ? others : archived}
          target={target}
          onDismiss={() => setTarget(undefined)}
        />
      )}
    </SpaceBetween>
  )
}

const WORDS = {
  ARCHIVE: {
    action: 'Archive',
    consequence: 'Archived images cannot be pulled until they are restored, which takes 20 minutes by default.',
  },
  STANDARD: {
    action: 'Restore',
    consequence: 'The images can be pulled again after 20 minutes by default.',
  },
} as const

function ConfirmStorageClass({
  repository,
  images,
  target,
  onDone,
  onDismiss,
}: {
  readonly repository: string
  readonly images: readonly ImageDetail[]
  readonly target: TargetStorageClass
  readonly onDone: (failures: readonly ImageFailure[]) => void
  readonly onDismiss: () => void
}) {
  const digests = images.map(({ imageDigest = '' }) => imageDigest)
  const { action, consequence } = WORDS[target]
  const { mutate, isPending, error } = useChangeOfImages(
    (client) => changeStorageClass(client, repository, digests, target),
    (changed) => `The storage class of ${changed === 1 ? '1 image' : `${changed} images`} is ${target} now.`,
    (failures) => {
      onDismiss()
      onDone(failures)
    },
  )
  return (
    <ConfirmDeletion
      title={images.length === 1 ? `${action} 1 image` : `${action} ${images.length} images`}
      action={action}
      names={images.map(imageName)}
      consequence={consequence}
      isBusy={isPending}
      error={error}
      onConfirm={() => mutate(undefined)}
      onDismiss={onDismiss}
    />
  )
}
