import { Navigate, Route, Routes } from 'react-router'
import { UnknownPage } from '../../parts/unknown-page.js'
import { BackfillPage } from './backfill-page.js'
import { AddReplicationRule, EditReplicationRule } from './replication-rule-pages.js'
import { ReplicationRules } from './replication-rules.js'

/** Replication: the rules, the form for one, and the backfills of what was pushed before there was a rule. */
export const ReplicationPage = () => (
  <Routes>
    <Route index element={<ReplicationRules />} />
    <Route path="add" element={<AddReplicationRule />} />
    <Route path="rules" element={<Navigate to=".." replace />} />
    <Route path="rules/:number" element={<EditReplicationRule />} />
    <Route path="backfills" element={<Navigate to=".." replace />} />
    <Route path="backfills/:id" element={<BackfillPage />} />
    <Route path="*" element={<UnknownPage />} />
  </Routes>
)
