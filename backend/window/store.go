package window

import (
	"context"
	"errors"
	"sync"
	"time"

	"inos/backend/fault"
	"inos/backend/node"
	"inos/backend/statefile"
	"inos/backend/store"
	"inos/backend/store/keys"
)

const opStore = "store"

// StoreDialogs are the system's own. An empty answer: the user changed their mind.
type StoreDialogs interface {
	FilesToStore() ([]string, error)
	Folder(title string) (string, error)
	SaveAs(title, name string) (string, error)
}

// Store is the store panel's conversation with the kernel. Safe for concurrent use. A passphrase and
// the 24 words pass through it and are kept nowhere; the key is, until Lock or Close.
type Store struct {
	// Folder is where the store lies, Keys are its keys.
	Folder string
	Keys   *keys.Keys
	// KeychainUsable says whether a keychain could keep the key of a new store.
	KeychainUsable func(context.Context) bool
	Dialogs        StoreDialogs
	// Emit tells the page something, under one of the names below.
	Emit func(event string, data any)
	Now  func() time.Time
	// Opened is told of the store whose key is known, and with nil that it was forgotten; nil: nobody is.
	Opened func(*store.Store)
	// Notes are what the panel remembers.
	Notes *statefile.File[StoreNotes]

	picks picks
	board board

	mu     sync.Mutex
	open   *opened // nil: nobody has given the key
	locked bool    // by the user: not even the keychain opens it
	shown  bool
	unsee  func() // ends the watching of the folder
	search context.CancelFunc
	count  context.CancelFunc
}

// Events to the page.
const (
	StoreTasksEvent   = "inos:store-tasks"   // []StoreTask, at most 4 times a second
	StoreChangedEvent = "inos:store-changed" // somebody changed what is in the store
	StoreDroppedEvent = "inos:store-dropped" // StorePick: files were dropped onto the panel
)

// opened is the store with its key. Its context ends with it, and all work in it.
type opened struct {
	store  *store.Store
	id     keys.ID
	master keys.Master
	ctx    context.Context
	end    context.CancelFunc
	work   sync.WaitGroup
}

// How the store is found.
const (
	storeNone   = "none"
	storeLocked = "locked"
	storeOpen   = "open"
)

// StoreStatus is what the panel begins with.
type StoreStatus struct {
	State  string `json:"state"` // none, locked, open
	Folder string `json:"folder"`
	// Keychain says, where there is no store, that a keychain can keep its key; else that it does.
	Keychain bool `json:"keychain"`
	// Passphrase says that one opens it.
	Passphrase bool `json:"passphrase"`
	// Problem is why nothing opens it, or what cannot be read of it.
	Problem *fault.Error `json:"problem"`
	// SheetKept says that the recovery sheet was written down.
	SheetKept bool         `json:"sheetKept"`
	Spaces    []StoreSpace `json:"spaces"`
}

// Status looks at the store, and opens it where the keychain has the key.
func (s *Store) Status() StoreStatus {
	if o, err := s.opened(); err == nil {
		return s.openStatus(o)
	}
	ctx, stop := context.WithTimeout(context.Background(), keyPatience)
	defer stop()
	out := StoreStatus{State: storeLocked, Folder: s.Folder, Spaces: []StoreSpace{}}
	id, err := s.Keys.ID()
	switch {
	case errors.Is(err, keys.ErrNoStore):
		out.State, out.Keychain = storeNone, s.KeychainUsable(ctx)
		return out
	case err != nil:
		out.Problem = asFault(err)
		return out
	}
	if !s.lockedByUser() {
		m, err := s.Keys.Unlock(ctx, keys.Passphrase{})
		if err == nil {
			return s.openStatus(s.take(id, m))
		}
		out.Problem = asFault(err)
	}
	if state, err := s.Keys.State(ctx); err == nil {
		out.Passphrase, out.Keychain = state.Passphrase, state.Keychain
	}
	if out.Passphrase {
		out.Problem = nil // it is only locked
	}
	return out
}

// keyPatience is how long the keychain may take: it may have to ask the user.
const keyPatience = time.Minute

func (s *Store) openStatus(o *opened) StoreStatus {
	out := StoreStatus{State: storeOpen, Folder: s.Folder, Spaces: []StoreSpace{}}
	ctx, stop := context.WithTimeout(o.ctx, keyPatience)
	defer stop()
	if state, err := s.Keys.State(ctx); err == nil {
		out.Passphrase, out.Keychain = state.Passphrase, state.Keychain
	}
	out.SheetKept = s.sheetKept(o.id)
	spaces, err := o.store.Spaces()
	for _, sp := range spaces {
		out.Spaces = append(out.Spaces, spaceOf(sp))
	}
	out.Problem = asFault(err)
	return out
}

// Make makes the store, its key kept by a passphrase, else in the keychain.
func (s *Store) Make(passphrase string, keychain bool) (StoreStatus, error) {
	if passphrase != "" || !keychain {
		if err := keys.CheckPassphrase(passphrase); err != nil {
			return StoreStatus{}, fault.Wrap(opStore, fault.Invalid, "passphrase", err, "")
		}
	}
	ctx, stop := context.WithTimeout(context.Background(), keyPatience)
	defer stop()
	id, m, err := s.Keys.Create(ctx, keys.Protection{Passphrase: passphrase, Keychain: keychain})
	if err != nil {
		return StoreStatus{}, err
	}
	o := s.take(id, m)
	if _, err := o.store.Create(o.ctx, store.Settings{Name: store.Main}); err != nil {
		return StoreStatus{}, err
	}
	s.rewatch()
	return s.openStatus(o), nil
}

// Unlock opens the store by its passphrase.
func (s *Store) Unlock(passphrase string) (StoreStatus, error) {
	if err := keys.CheckPassphrase(passphrase); err != nil {
		return StoreStatus{}, fault.Wrap(opStore, fault.Invalid, "passphrase", err, "")
	}
	id, err := s.Keys.ID()
	if err != nil {
		return StoreStatus{}, err
	}
	ctx, stop := context.WithTimeout(context.Background(), keyPatience)
	defer stop()
	m, err := s.Keys.Unlock(ctx, keys.Passphrase{Given: passphrase})
	if err != nil {
		return StoreStatus{}, err
	}
	return s.openStatus(s.take(id, m)), nil
}

// take keeps the key. Of two that open the store at once, one does.
func (s *Store) take(id keys.ID, m keys.Master) *opened {
	s.mu.Lock()
	if s.open == nil {
		o := &opened{store: node.OpenStore(s.Folder, m), id: id, master: m}
		o.ctx, o.end = context.WithCancel(context.Background())
		s.open, s.locked = o, false
	}
	o := s.open
	s.mu.Unlock()
	s.rewatch()
	s.tellOpened(o.store)
	return o
}

func (s *Store) tellOpened(st *store.Store) {
	if s.Opened != nil {
		s.Opened(st)
	}
}

// Lock forgets the key. What is under way ends first; what was done of it spares the next try the work.
func (s *Store) Lock() StoreStatus {
	s.leave()
	return s.Status()
}

// Close ends all work and lets the store go.
func (s *Store) Close() { s.leave() }

func (s *Store) leave() {
	s.mu.Lock()
	o := s.open
	s.open, s.locked = nil, true
	s.mu.Unlock()
	s.rewatch()
	s.picks.forget()
	if o == nil {
		return
	}
	s.tellOpened(nil)
	o.end()
	o.work.Wait()
	if spaces, err := o.store.Spaces(); err == nil {
		for _, sp := range spaces {
			sp.Close()
		}
	}
	s.board.forget()
}

func (s *Store) lockedByUser() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.locked
}

// opened is the store, if somebody gave the key.
func (s *Store) opened() (*opened, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil {
		return nil, fault.New(opStore, fault.Denied, "the store", "it is locked", "unlock it")
	}
	return s.open, nil
}

// enter is opened for somebody who works in it until leave is called: nobody forgets it meanwhile.
func (s *Store) enter() (o *opened, leave func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil {
		return nil, nil, fault.New(opStore, fault.Denied, "the store", "it is locked", "unlock it")
	}
	s.open.work.Add(1)
	return s.open, s.open.work.Done, nil
}

// space is the one with that id.
func (o *opened) space(id string) (*store.Space, error) {
	spaces, err := o.store.Spaces()
	for _, sp := range spaces {
		if sp.ID == id {
			return sp, nil
		}
	}
	if err != nil {
		return nil, err
	}
	return nil, fault.New(opStore, fault.NotFound, cut(id), "there is no such space any more", "")
}

// version is the one with that id, as it is now.
func (o *opened) version(space, id string) (*store.Space, store.Version, error) {
	sp, err := o.space(space)
	if err != nil {
		return nil, store.Version{}, err
	}
	all, err := sp.Versions()
	for _, v := range all {
		if v.ID.String() == id {
			return sp, v, nil
		}
	}
	if err != nil {
		return nil, store.Version{}, err
	}
	return nil, store.Version{}, fault.New(opStore, fault.NotFound, cut(id), "it is not in the store any more", "")
}

// asFault is err as the page reads it; nil stays nil.
func asFault(err error) *fault.Error {
	if err == nil {
		return nil
	}
	if known := fault.As(err); known != nil {
		return known
	}
	return &fault.Error{Op: opStore, Kind: fault.Internal, Subject: "the store", Err: err}
}
