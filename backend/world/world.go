// Package world is what a plugin may see of the world outside its memory: time, randomness,
// folders, hosts, clipboard and notices, each by a permission of the user's. It runs in the kernel
// on behalf of a sandboxed guest, so every word of a question is hostile.
package world

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"inos/backend/manifest"
	"inos/backend/wire"
)

// Grant is what the user allows for one permission.
type Grant struct {
	Folder string   // read, write
	Hosts  []string // http
}

// Config says whose world it is.
type Config struct {
	Manifest *manifest.Manifest
	// Permit returns what is granted now for a permission of the manifest; an error says why it
	// is not, and what the user can do.
	Permit func(p *manifest.Permission) (Grant, error)
	// Setting returns what the user set, or the default. An error says why there is nothing, and
	// what the user can do.
	Setting func(ctx context.Context, p *manifest.Param) (manifest.Value, error)
	// Config returns what the user set under a key for a plugin for Extism, and whether it is set.
	Config func(key string) (value string, set bool, err error)
	// Clipboard is nil where there is none.
	Clipboard Clipboard
	// Notify shows a notice; nil: nobody would see it.
	Notify func(text string)
	Now    func() time.Time
}

// Clipboard is the desktop's.
type Clipboard interface {
	Text() (string, error)
	SetText(string) error
}

// World serves one call.
type World struct {
	config Config
	http   exchange
	noted  int
	denied string
}

// Open makes the world of one call. It costs nothing before the first question.
func Open(c Config) *World { return &World{config: c} }

// Close implements host.World.
func (w *World) Close() {}

// Denied implements host.World.
func (w *World) Denied() string { return w.denied }

// service is how one kind of question is answered, and which permission it needs.
type service struct {
	permission string // empty: it depends on the question, or none is needed
	answer     func(*World, context.Context, *wire.Ask) (wire.Reply, error)
}

var services = map[wire.Service]service{
	wire.ServiceSettingNumber:  {"", (*World).settingNumber},
	wire.ServiceSettingText:    {"", (*World).settingText},
	wire.ServiceConfig:         {"", (*World).configured},
	wire.ServiceNow:            {manifest.PermitNow, (*World).now},
	wire.ServiceRandom:         {manifest.PermitRandom, (*World).random},
	wire.ServiceFileRead:       {"", (*World).fileRead},
	wire.ServiceFileSize:       {"", (*World).fileSize},
	wire.ServiceFileList:       {"", (*World).fileList},
	wire.ServiceFileWrite:      {"", (*World).fileWrite},
	wire.ServiceFileResize:     {"", (*World).fileResize},
	wire.ServiceFileRemove:     {"", (*World).fileRemove},
	wire.ServiceHTTPSend:       {"", (*World).httpSend},
	wire.ServiceHTTPRead:       {"", (*World).httpRead},
	wire.ServiceHTTPHeader:     {"", (*World).httpHeader},
	wire.ServiceClipboardRead:  {manifest.PermitClipboard, (*World).clipboardRead},
	wire.ServiceClipboardWrite: {manifest.PermitClipboard, (*World).clipboardWrite},
	wire.ServiceNotify:         {manifest.PermitNotify, (*World).notify},
}

// Answer implements host.World.
func (w *World) Answer(ctx context.Context, a *wire.Ask) wire.Reply {
	s, known := services[a.Service]
	if !known {
		return wire.Refuse(fmt.Sprintf("there is no service %d", a.Service))
	}
	var err error
	if s.permission != "" {
		_, err = w.permit(s.permission)
	}
	var reply wire.Reply
	if err == nil {
		reply, err = s.answer(w, ctx, a)
	}
	if err != nil {
		return wire.Refuse(clipped(err.Error()))
	}
	return reply
}

func clipped(text string) string { return text[:min(len(text), wire.MaxWhyBytes)] }

// permit is what is granted for a permission, or why it is not.
func (w *World) permit(key string) (Grant, error) {
	p := w.config.Manifest.FindPermission(key)
	if p == nil {
		return Grant{}, fmt.Errorf("its manifest does not ask for the permission %s", key)
	}
	grant, err := w.config.Permit(p)
	if err != nil && !w.config.Manifest.Pretends(key) {
		w.denied = key
	}
	return grant, err
}

func (w *World) now(context.Context, *wire.Ask) (wire.Reply, error) {
	return wire.Reply{Value: w.config.Now().UnixMicro()}, nil
}

func (w *World) random(_ context.Context, a *wire.Ask) (wire.Reply, error) {
	if a.Length < 0 || a.Length > wire.MaxDataBytes {
		return wire.Reply{}, fmt.Errorf("%d random bytes at once", a.Length)
	}
	bytes := make([]byte, a.Length)
	_, err := rand.Read(bytes)
	return wire.Reply{Data: bytes}, err
}
