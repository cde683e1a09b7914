//go:build desktop

package main

import (
	"inos/backend/dropin"
	"inos/backend/grant"
	"inos/backend/host"
	"inos/backend/node"
	"inos/backend/trust"
	"inos/backend/window"
)

// PluginsReply are all plugins.
type PluginsReply struct {
	Plugins []window.PluginCard `json:"plugins"`
}

// PermissionsReply are what a plugin asks for, with the user's answers.
type PermissionsReply struct {
	Permissions []node.Permission `json:"permissions"`
}

// AuditReply is what was answered before.
type AuditReply struct {
	Entries []grant.Entry `json:"entries"`
}

// UsageReply is what the plugins used.
type UsageReply struct {
	Plugins []host.PluginUsage `json:"plugins"`
}

// LogReply are lines that plugins logged.
type LogReply struct {
	Lines []host.LogLine `json:"lines"`
}

// ListPlugins lists all plugins.
func (a *App) ListPlugins() (PluginsReply, error) {
	cards, err := a.plugins.List()
	return PluginsReply{cards}, window.Refusal(err)
}

// ChangePlugin does one of enable, disable, pin, unpin, remove, rollback.
func (a *App) ChangePlugin(id, action string) (dropin.Change, error) {
	c, err := a.plugins.Change(id, action)
	return c, window.Refusal(err)
}

// OfferPlugin lets the user choose a file and says what it is.
func (a *App) OfferPlugin() (window.Offer, error) {
	offer, err := a.plugins.OfferChosen()
	return offer, window.Refusal(err)
}

// OfferRefused says what a refused file of the plugin folders is.
func (a *App) OfferRefused(path string) (window.Offer, error) {
	offer, err := a.plugins.OfferRefused(path)
	return offer, window.Refusal(err)
}

// OfferedPlugin is the file that waits for the user's word.
func (a *App) OfferedPlugin() window.Offer { return a.plugins.Offered() }

// InstallPlugin installs the file that was offered.
func (a *App) InstallPlugin(digest string, replace bool) (dropin.Change, error) {
	c, err := a.plugins.Install(digest, replace)
	return c, window.Refusal(err)
}

// DeclinePlugin forgets the file that was offered.
func (a *App) DeclinePlugin() { a.plugins.Decline() }

// DecidePermission notes once, always or never; hosts are for foreign plugins.
func (a *App) DecidePermission(id, key, decision, hosts string) (PermissionsReply, error) {
	inForce, err := a.plugins.Decide(id, key, decision, hosts)
	return PermissionsReply{inForce}, window.Refusal(err)
}

// RevokePermission takes an answer back.
func (a *App) RevokePermission(id, key string) (PermissionsReply, error) {
	inForce, err := a.plugins.Revoke(id, key)
	return PermissionsReply{inForce}, window.Refusal(err)
}

// SettingsReply are a plugin's settings; of a secret only whether it is set.
type SettingsReply struct {
	Settings []node.Setting `json:"settings"`
}

// SetPluginSetting keeps what the user tells a plugin.
func (a *App) SetPluginSetting(id, name string, value any) (SettingsReply, error) {
	rows, err := a.plugins.SetSetting(id, name, value)
	return SettingsReply{rows}, window.Refusal(err)
}

// ClearPluginSetting takes a setting back.
func (a *App) ClearPluginSetting(id, name string) (SettingsReply, error) {
	rows, err := a.plugins.ClearSetting(id, name)
	return SettingsReply{rows}, window.Refusal(err)
}

// LimitsReply are a plugin's limits.
type LimitsReply struct {
	Limits []window.PluginLimit `json:"limits"`
}

// PluginLimits is how much a plugin may use, and uses at this moment.
func (a *App) PluginLimits(id string) (LimitsReply, error) {
	rows, err := a.plugins.Limits(id)
	return LimitsReply{rows}, window.Refusal(err)
}

// SetPluginLimit lets a plugin use no more than that, written as people do: 50%.
func (a *App) SetPluginLimit(id, key, text string) (LimitsReply, error) {
	rows, err := a.plugins.SetLimit(id, key, text)
	return LimitsReply{rows}, window.Refusal(err)
}

// ResetPluginLimit takes a limit back, all of the plugin's when key is empty.
func (a *App) ResetPluginLimit(id, key string) (LimitsReply, error) {
	rows, err := a.plugins.ResetLimit(id, key)
	return LimitsReply{rows}, window.Refusal(err)
}

// TrustPublisher names the owner of a key.
func (a *App) TrustPublisher(key, name string) (trust.Publisher, error) {
	p, err := a.plugins.Trust(key, name)
	return p, window.Refusal(err)
}

// ForgetPublisher ends the trust in the owner of a key.
func (a *App) ForgetPublisher(key string) (trust.Publisher, error) {
	p, err := a.plugins.Forget(key)
	return p, window.Refusal(err)
}

// LivesReply is how the live units are.
type LivesReply struct {
	Lives []window.UnitLife `json:"lives"`
}

// PluginLives are the live units that were started and not stopped.
func (a *App) PluginLives() LivesReply { return LivesReply{a.plugins.Lives()} }

// StartUnitNow ends the pause before a unit's next start.
func (a *App) StartUnitNow(unit string) error { return window.Refusal(a.plugins.StartNow(unit)) }

// AuditPlugin is what was answered before about a plugin, the newest first.
func (a *App) AuditPlugin(id string) (AuditReply, error) {
	entries, err := a.plugins.Audit(id)
	return AuditReply{entries}, window.Refusal(err)
}

// PluginUsage is what the plugins used so far.
func (a *App) PluginUsage() UsageReply { return UsageReply{a.plugins.Usage()} }

// PluginLog are the lines after a number.
func (a *App) PluginLog(after uint64) LogReply { return LogReply{a.plugins.Log(after)} }

// ExportPluginLog writes a plugin's lines into a file.
func (a *App) ExportPluginLog(id string) (PathReply, error) {
	path, err := a.plugins.ExportLog(id)
	return PathReply{path}, window.Refusal(err)
}
