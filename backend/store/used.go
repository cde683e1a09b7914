package store

// Used is what the space takes on the disk, in bytes: what its quota bounds.
func (s *Space) Used() (int64, error) {
	table, err := s.refresh()
	if err != nil {
		return 0, err
	}
	return used(table), nil
}
