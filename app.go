//go:build desktop

package main

import (
	"context"

	"inos/backend/window"
)

// App is what the page can call, as window.go.main.App. It only forwards. Every method rejects
// with the JSON of a fault.Error.
type App struct {
	ctx     context.Context
	session *window.Session
	plugins *window.Plugins
	store   *window.Store
	lab     *window.Lab
}

// ParamsReply are the live parameters in force.
type ParamsReply struct {
	Params map[string]any `json:"params"`
}

// PathReply is where something was written.
type PathReply struct {
	Path string `json:"path"`
}

// Boot tells the page where it is.
func (a *App) Boot() window.Boot { return a.session.Boot() }

// UnitsReply are the plugins with their units as they are now.
type UnitsReply struct {
	Units []window.UnitInfo `json:"units"`
}

// Units is Boot's list anew: plugins come and go.
func (a *App) Units() UnitsReply { return UnitsReply{a.session.Units()} }

// AllowAllPlugins ends safe mode.
func (a *App) AllowAllPlugins() { a.session.AllowAllPlugins() }

// StartLive runs a live unit in place of the one that runs.
func (a *App) StartLive(unit string, params map[string]any) (window.LiveState, error) {
	state, err := a.session.StartLive(unit, params)
	return state, window.Refusal(err)
}

// SetParams changes parameters of the live unit, all or none.
func (a *App) SetParams(params map[string]any) (ParamsReply, error) {
	inForce, err := a.session.SetParams(params)
	return ParamsReply{inForce}, window.Refusal(err)
}

// Control does one of pause, resume, step, reset.
func (a *App) Control(action string) error { return window.Refusal(a.session.Control(action)) }

// SetVisible says whether anybody can see the page.
func (a *App) SetVisible(visible bool) error { return window.Refusal(a.session.SetVisible(visible)) }

// RaiseArena changes the budget of the shared memory, in bytes.
func (a *App) RaiseArena(bytes int64) (window.ArenaInfo, error) {
	info, err := a.session.RaiseArena(bytes)
	return info, window.Refusal(err)
}

// SaveSettings keeps an object for the page's next Boot.
func (a *App) SaveSettings(settings map[string]any) error {
	return window.Refusal(a.session.SaveSettings(settings))
}

// SaveScreenshot writes a PNG, given in base64.
func (a *App) SaveScreenshot(pngBase64 string) (PathReply, error) {
	path, err := a.session.SaveScreenshot(pngBase64)
	return PathReply{path}, window.Refusal(err)
}

// ReportPage takes what the page measured about itself, a few times a second.
func (a *App) ReportPage(r window.PageReport) { a.session.Report(r) }
