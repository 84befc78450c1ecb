import AttributeEditor from '@cloudscape-design/components/attribute-editor'
import Checkbox from '@cloudscape-design/components/checkbox'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import Input from '@cloudscape-design/components/input'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { allOrNone, isAll } from './scanning-draft.js'

/** The filters of one frequency: all repositories, or those whose names match. */
export const ScanFilters = ({
  title,
  all,
  filters,
  onChange,
}: {
  readonly title: string
  /** The label of the box for all repositories. */
  readonly all: string
  readonly filters: readonly string[]
  readonly onChange: (filters: readonly string[]) => void
}) => (
  <Container
    header={
      <Header
        variant="h2"
        description="A filter without a wildcard (*) matches every name that contains it; in one with wildcards each stands for any characters."
      >
        {title}
      </Header>
    }
  >
    <SpaceBetween size="m">
      <Checkbox checked={isAll(filters)} onChange={({ detail }) => onChange(allOrNone(detail.checked))}>
        {all}
      </Checkbox>
      {!isAll(filters) && (
        <AttributeEditor<string>
          items={filters}
          empty="No filters: no repositories."
          addButtonText={`Add filter to ${title.toLowerCase()}`}
          removeButtonText="Remove"
          removeButtonAriaLabel={(filter) => `Remove filter ${filter}`}
          onAddButtonClick={() => onChange([...filters, ''])}
          onRemoveButtonClick={({ detail }) => onChange(filters.filter((_, at) => at !== detail.itemIndex))}
          definition={[
            {
              label: `${title} filter`,
              control: (filter, index) => (
                <Input
                  value={filter}
                  placeholder="prod*"
                  onChange={({ detail }) => onChange(filters.with(index, detail.value))}
                />
              ),
            },
          ]}
        />
      )}
    </SpaceBetween>
  </Container>
)
