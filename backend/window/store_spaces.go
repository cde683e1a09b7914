package window

import (
	"context"

	"inos/backend/store"
)

// StoreSpace is a space with its quota and policy.
type StoreSpace struct {
	ID               string `json:"id"`
	Name             string `json:"name"`
	Quota            int64  `json:"quota"` // 0: no bound
	Replicas         int    `json:"replicas"`
	ArchiveAfterDays int    `json:"archiveAfterDays"`
	Used             int64  `json:"used"` // bytes on the disk
}

func spaceOf(sp *store.Space) StoreSpace {
	set := sp.Settings()
	used, _ := sp.Used() // what cannot be read, the versions say
	return StoreSpace{sp.ID, set.Name, set.Quota, set.Replicas, set.ArchiveAfterDays, used}
}

// SpaceSettings are what the user says of a space.
type SpaceSettings struct {
	Name             string `json:"name"`
	Quota            int64  `json:"quota"`
	Replicas         int    `json:"replicas"`
	ArchiveAfterDays int    `json:"archiveAfterDays"`
}

func (w SpaceSettings) into(s *store.Settings) {
	s.Name, s.Quota, s.Replicas, s.ArchiveAfterDays = w.Name, w.Quota, w.Replicas, w.ArchiveAfterDays
}

// AddSpace makes a space.
func (s *Store) AddSpace(settings SpaceSettings) (StoreSpace, error) {
	o, leave, err := s.enter()
	if err != nil {
		return StoreSpace{}, err
	}
	defer leave()
	var set store.Settings
	settings.into(&set)
	sp, err := o.store.Create(o.ctx, set)
	if err != nil {
		return StoreSpace{}, err
	}
	s.rewatch()
	return spaceOf(sp), nil
}

// SetSpace changes a space.
func (s *Store) SetSpace(id string, settings SpaceSettings) (StoreSpace, error) {
	o, leave, err := s.enter()
	if err != nil {
		return StoreSpace{}, err
	}
	defer leave()
	sp, err := o.space(id)
	if err != nil {
		return StoreSpace{}, err
	}
	if err := sp.Change(o.ctx, settings.into); err != nil {
		return StoreSpace{}, err
	}
	return spaceOf(sp), nil
}

// Usage counts what is in a space. Another count ends it.
func (s *Store) Usage(space string) (store.Stat, error) {
	o, leave, err := s.enter()
	if err != nil {
		return store.Stat{}, err
	}
	defer leave()
	ctx, stop := context.WithCancel(o.ctx)
	defer stop()
	s.mu.Lock()
	if s.count != nil {
		s.count()
	}
	s.count = stop
	s.mu.Unlock()
	sp, err := o.space(space)
	if err != nil {
		return store.Stat{}, err
	}
	return sp.Stat(ctx)
}
