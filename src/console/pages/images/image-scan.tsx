import type { DescribeImageScanFindingsResponse } from '@aws-sdk/client-ecr'
import Alert from '@cloudscape-design/components/alert'
import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import SpaceBetween from '@cloudscape-design/components/space-between'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import { Time } from '../../parts/amounts.js'
import { FailureAlert } from '../../parts/failure-alert.js'
import { PageLink } from '../../parts/page-link.js'
import type { ShownImage } from './shown-image.js'
import { startScans, useChangeOfImages, useScan } from './image-requests.js'
import { ScanFindings } from './scan-findings.js'
import { isRunning, ScanState } from './scan-summary.js'

/** How often a scan that runs is asked for. */
const POLL_MS = 1_000

/** The scan of an image: its state, its findings, and a button that starts one. */
export function ImageScan(shown: ShownImage) {
  const { repository, digest } = shown
  const { data, error } = useScan(repository, digest)
  const isScanning = isRunning(data?.imageScanStatus)
  // The same question again and again, as long as its answer is that the scan runs.
  useScan(repository, digest, { enabled: isScanning, refetchInterval: isScanning && POLL_MS })
  return (
    <SpaceBetween size="l">
      <Container header={<ScanHeader {...shown} isScanning={isScanning} />}>
        {data === null ? (
          <Box>
            This image has not been scanned. A scan can be started here; which images are scanned when they are pushed
            is said on <PageLink to="/private-registry/scanning">Scanning</PageLink>.
          </Box>
        ) : (
          <SpaceBetween size="s">
            <FailureAlert error={error} />
            {data && <Outcome scan={data} />}
          </SpaceBetween>
        )}
      </Container>
      {data?.imageScanFindings && (
        <ScanFindings repository={repository} digest={digest} scannedAt={data.imageScanFindings.imageScanCompletedAt} />
      )}
    </SpaceBetween>
  )
}

function ScanHeader({ repository, digest, isScanning }: ShownImage & { readonly isScanning: boolean }) {
  const { mutate, isPending, error } = useChangeOfImages(
    (client) => startScans(client, repository, [digest]),
    () => 'The scan has started.',
    () => {},
  )
  return (
    <SpaceBetween size="s">
      <Header
        actions={
          <Button loading={isPending} disabled={isScanning} onClick={() => mutate(undefined)}>
            Scan
          </Button>
        }
      >
        Scan
      </Header>
      <FailureAlert error={error} />
    </SpaceBetween>
  )
}

function Outcome({ scan }: { readonly scan: DescribeImageScanFindingsResponse }) {
  const { imageScanStatus: status, imageScanFindings: found } = scan
  return (
    <SpaceBetween size="s">
      {isRunning(status) && (
        <StatusIndicator type="loading">The scan runs: its findings appear here by themselves.</StatusIndicator>
      )}
      {status?.status === 'FAILED' && <Alert type="error">{status.description ?? 'The scan failed.'}</Alert>}
      <KeyValuePairs
        columns={4}
        items={[
          { label: 'Result', value: <ScanState status={status} counts={found?.findingSeverityCounts} /> },
          { label: 'Description', value: status?.description ?? '–' },
          { label: 'Scanned at', value: <Time value={found?.imageScanCompletedAt} /> },
          { label: 'Vulnerability source updated at', value: <Time value={found?.vulnerabilitySourceUpdatedAt} /> },
        ]}
      />
    </SpaceBetween>
  )
}
