package savedmodel

import "path"

// Checkpoint opens the model's variables, variables/variables. A model without
// variables may have no checkpoint, which is then a *fault.ModelError.
func (m *Model) Checkpoint() (*Bundle, error) {
	return OpenBundle(m.fsys, path.Join(m.Dir, "variables", "variables"))
}
