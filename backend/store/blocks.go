package store

import "inos/backend/store/files"

// Blocks has single blocks of the space, each verified, for whoever reads in no order.
func (s *Space) Blocks() files.Source { return source{s} }
