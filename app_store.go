//go:build desktop

package main

import (
	"inos/backend/store"
	"inos/backend/window"
)

// StoreStatus looks at the store, and opens it where the keychain has the key.
func (a *App) StoreStatus() window.StoreStatus { return a.store.Status() }

// MakeStore makes the store, its key kept by a passphrase, else in the keychain.
func (a *App) MakeStore(passphrase string, keychain bool) (window.StoreStatus, error) {
	status, err := a.store.Make(passphrase, keychain)
	return status, window.Refusal(err)
}

// UnlockStore opens the store by its passphrase.
func (a *App) UnlockStore(passphrase string) (window.StoreStatus, error) {
	status, err := a.store.Unlock(passphrase)
	return status, window.Refusal(err)
}

// LockStore forgets the key.
func (a *App) LockStore() window.StoreStatus { return a.store.Lock() }

// StoreSheet is the recovery sheet, to be shown and printed.
func (a *App) StoreSheet() (window.StoreSheet, error) {
	sheet, err := a.store.Sheet()
	return sheet, window.Refusal(err)
}

// SaveStoreSheet writes the recovery sheet into a file that the user names.
func (a *App) SaveStoreSheet() (PathReply, error) {
	path, err := a.store.SaveSheet()
	return PathReply{path}, window.Refusal(err)
}

// KeepStoreSheet notes that the user has the sheet.
func (a *App) KeepStoreSheet() error { return window.Refusal(a.store.KeepSheet()) }

// ShowStore says whether the panel is to be seen.
func (a *App) ShowStore(on bool) { a.store.Show(on) }

// StoreVersions are what was put into a space.
func (a *App) StoreVersions(space string) (window.StoreVersions, error) {
	versions, err := a.store.Versions(space)
	return versions, window.Refusal(err)
}

// StoreEntries are what lies at a place in a version.
func (a *App) StoreEntries(space, id, place string) (window.StoreFolder, error) {
	folder, err := a.store.Entries(space, id, place)
	return folder, window.Refusal(err)
}

// StorePreview shows the beginning of a file.
func (a *App) StorePreview(space, id, place string) (window.StorePreview, error) {
	preview, err := a.store.Preview(space, id, place)
	return preview, window.Refusal(err)
}

// SearchStore looks for a text in paths and names; an empty one ends the search under way.
func (a *App) SearchStore(space, text string) (window.StoreSearch, error) {
	found, err := a.store.Search(space, text)
	return found, window.Refusal(err)
}

// ChooseToPut lets the user choose a folder, or files.
func (a *App) ChooseToPut(folder bool) (window.StorePick, error) {
	pick, err := a.store.ChooseToPut(folder)
	return pick, window.Refusal(err)
}

// ChooseStoreTarget lets the user choose a folder to restore into.
func (a *App) ChooseStoreTarget() (window.StorePick, error) {
	pick, err := a.store.ChooseTarget()
	return pick, window.Refusal(err)
}

// PutIntoStore stores what was picked.
func (a *App) PutIntoStore(space, token string) (window.StoreTask, error) {
	task, err := a.store.Put(space, token)
	return task, window.Refusal(err)
}

// GetFromStore restores a version, or what lies at a place in it, into the folder that was picked.
func (a *App) GetFromStore(space, id, place, token string) (window.StoreTask, error) {
	task, err := a.store.Get(space, id, place, token)
	return task, window.Refusal(err)
}

// CollectStore frees the room of what nothing refers to.
func (a *App) CollectStore(space string) (window.StoreTask, error) {
	task, err := a.store.Collect(space)
	return task, window.Refusal(err)
}

// CheckStore looks for damage; all: in every byte.
func (a *App) CheckStore(space string, all bool) (window.StoreTask, error) {
	task, err := a.store.Check(space, all)
	return task, window.Refusal(err)
}

// RepairStore sets apart what is damaged.
func (a *App) RepairStore(space string) (window.StoreTask, error) {
	task, err := a.store.Repair(space)
	return task, window.Refusal(err)
}

// ArchiveStore compresses at the highest level, for so many minutes of a processor.
func (a *App) ArchiveStore(space string, minutes int) (window.StoreTask, error) {
	task, err := a.store.Archive(space, minutes)
	return task, window.Refusal(err)
}

// StoreTasksReply are the tasks that run, and the last that ended.
type StoreTasksReply struct {
	Tasks []window.StoreTask `json:"tasks"`
}

// StoreTasks lists them.
func (a *App) StoreTasks() StoreTasksReply { return StoreTasksReply{a.store.Tasks()} }

// CancelStoreTask asks for the end of a task that runs.
func (a *App) CancelStoreTask(id uint64) { a.store.CancelTask(id) }

// ForgetStoreTask takes a task that ended from the list.
func (a *App) ForgetStoreTask(id uint64) { a.store.ForgetTask(id) }

// PinInStore makes a version stay, or lets it go again.
func (a *App) PinInStore(space, id string, pinned bool) error {
	return window.Refusal(a.store.Pin(space, id, pinned))
}

// RemoveFromStore takes a version away.
func (a *App) RemoveFromStore(space, id string) error {
	return window.Refusal(a.store.Remove(space, id))
}

// StoreUsage counts what is in a space.
func (a *App) StoreUsage(space string) (store.Stat, error) {
	stat, err := a.store.Usage(space)
	return stat, window.Refusal(err)
}

// HealthReply is what the last check of each space found.
type HealthReply struct {
	Spaces map[string]window.SpaceHealth `json:"spaces"`
}

// StoreHealth lists it by the space's id.
func (a *App) StoreHealth() (HealthReply, error) {
	health, err := a.store.Health()
	return HealthReply{health}, window.Refusal(err)
}

// AddStoreSpace makes a space.
func (a *App) AddStoreSpace(settings window.SpaceSettings) (window.StoreSpace, error) {
	space, err := a.store.AddSpace(settings)
	return space, window.Refusal(err)
}

// SetStoreSpace changes a space.
func (a *App) SetStoreSpace(id string, settings window.SpaceSettings) (window.StoreSpace, error) {
	space, err := a.store.SetSpace(id, settings)
	return space, window.Refusal(err)
}
