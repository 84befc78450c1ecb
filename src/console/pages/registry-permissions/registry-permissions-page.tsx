import { Route, Routes } from 'react-router'
import { UnknownPage } from '../../parts/unknown-page.js'
import { EditPolicyPage } from './edit-policy-page.js'
import { GenerateStatementPage } from './generate-statement-page.js'
import { PermissionsPage } from './permissions-page.js'

/** Registry permissions: the policy as statements and as JSON, and the forms that change it. */
export const RegistryPermissionsPage = () => (
  <Routes>
    <Route index element={<PermissionsPage open="statements" />} />
    <Route path="statements" element={<PermissionsPage open="statements" />} />
    <Route path="json" element={<PermissionsPage open="json" />} />
    <Route path="generate" element={<GenerateStatementPage />} />
    <Route path="edit" element={<EditPolicyPage />} />
    <Route path="*" element={<UnknownPage />} />
  </Routes>
)
