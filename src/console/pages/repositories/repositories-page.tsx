import { Route, Routes } from 'react-router'
import { UnknownPage } from '../../parts/unknown-page.js'
import { CreateRepository } from './create-repository.js'
import { RepositoryDetails } from './repository-details.js'
import { RepositoryList } from './repository-list.js'

/** The repositories, the form for a new one, and the page of each. */
export const RepositoriesPage = () => (
  <Routes>
    <Route index element={<RepositoryList />} />
    <Route path="create" element={<CreateRepository />} />
    <Route path=":name/:tab?" element={<RepositoryDetails />} />
    <Route path="*" element={<UnknownPage />} />
  </Routes>
)
