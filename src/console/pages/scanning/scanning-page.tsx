import { Route, Routes } from 'react-router'
import { UnknownPage } from '../../parts/unknown-page.js'
import { EditScanning } from './edit-scanning.js'
import { ScanningOverview } from './scanning-overview.js'

/** Scanning: how the registry scans its repositories, and the form that changes it. */
export const ScanningPage = () => (
  <Routes>
    <Route index element={<ScanningOverview />} />
    <Route path="edit" element={<EditScanning />} />
    <Route path="*" element={<UnknownPage />} />
  </Routes>
)
