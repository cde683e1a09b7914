package node

import (
	"fmt"
	"slices"
	"time"

	"inos/backend/fault"
	"inos/backend/grant"
	"inos/backend/host"
	"inos/backend/manifest"
	"inos/backend/unit"
	"inos/backend/world"
)

const opGrant = "plugin.grant"

// world opens the world outside for one call of a plugin.
func (n *Node) world(p *host.Plugin) host.World {
	c := world.Config{
		Manifest: p.Manifest, Clipboard: n.options.Clipboard, Now: time.Now,
		Permit: func(asked *manifest.Permission) (world.Grant, error) { return n.permit(p, asked) },
	}
	if n.options.Notify != nil {
		c.Notify = func(text string) { n.options.Notify(p.Manifest.ID, text) }
	}
	return world.Open(c)
}

// permit is what the user allows at this moment. Whatever is wrong with the grants, nothing is.
func (n *Node) permit(p *host.Plugin, asked *manifest.Permission) (world.Grant, error) {
	g, found, err := n.grants.Find(p.Manifest.ID, asked.Key(), p.Holder)
	switch {
	case err != nil:
		return world.Grant{}, err
	case found && g.Decision == grant.Never:
		return world.Grant{}, fmt.Errorf("you have forbidden it to %s", asked.Sentence())
	case !found:
		return world.Grant{}, fmt.Errorf("you have not allowed it to %s", asked.Sentence())
	}
	hosts := slices.DeleteFunc(slices.Clone(g.Hosts), func(host string) bool {
		return !slices.Contains(asked.Hosts, host)
	})
	return world.Grant{Folder: g.Folder, Hosts: hosts}, nil
}

// limits are a plugin's own as far as they are free, or the user allows more.
func (n *Node) limits(p *host.Plugin) manifest.Limits {
	l := p.Manifest.Limits
	if l.MemoryBytes > manifest.FreeMemoryBytes && !n.allows(p, manifest.PermitMemory) {
		l.MemoryBytes = manifest.FreeMemoryBytes
	}
	if l.CallMs > manifest.FreeCallMs && !n.allows(p, manifest.PermitTime) {
		l.CallMs = manifest.FreeCallMs
	}
	return l
}

func (n *Node) allows(p *host.Plugin, key string) bool {
	asked := p.Manifest.FindPermission(key)
	if asked == nil {
		return false
	}
	_, err := n.permit(p, asked)
	return err == nil
}

// Permission is one that a plugin asks for, with the user's answer.
type Permission struct {
	manifest.Permission
	Key      string `json:"key"`
	Sentence string `json:"sentence"`
	// Answer is null until there is one.
	Answer *grant.Grant `json:"answer"`
}

// Permissions are those that a plugin asks for, in its order.
func (n *Node) Permissions(p unit.PluginInfo) ([]Permission, error) {
	out := []Permission{}
	for _, asked := range p.Manifest.Permissions {
		row := Permission{Permission: asked, Key: asked.Key(), Sentence: asked.Sentence()}
		g, found, err := n.grants.Find(p.Manifest.ID, row.Key, p.Holder())
		if err != nil {
			return nil, err
		}
		if found {
			row.Answer = &g
		}
		out = append(out, row)
	}
	return out, nil
}

// Decide notes the user's answer to a permission that the plugin asks for. folder is the one that
// was picked (read, write).
func (n *Node) Decide(p unit.PluginInfo, key string, d grant.Decision, folder string) error {
	asked := p.Manifest.FindPermission(key)
	if asked == nil {
		return fault.New(opGrant, fault.NotFound, p.Manifest.ID,
			fmt.Sprintf("it does not ask for %q", key), asksFor(p.Manifest))
	}
	needsFolder := asked.Scope != "" && d != grant.Never
	if needsFolder != (folder != "") {
		return fault.New(opGrant, fault.Invalid, key, "a folder is for read and write, and they need one",
			"say it like "+manifest.PermitRead+":photos=/home/me/Pictures")
	}
	if needsFolder {
		if err := CheckFolder(folder); err != nil {
			return fault.Wrap(opGrant, fault.Invalid, folder, err, "give a folder that is there")
		}
	}
	return n.grants.Decide(grant.Grant{
		Plugin: p.Manifest.ID, Key: key, Decision: d, Holder: p.Holder(), Folder: folder,
		Hosts: asked.Hosts,
	})
}

func asksFor(m *manifest.Manifest) string {
	if len(m.Permissions) == 0 {
		return "it asks for nothing"
	}
	text := "it asks for "
	for i := range m.Permissions {
		if i > 0 {
			text += ", "
		}
		text += m.Permissions[i].Key()
	}
	return text
}

// Revoke takes answers back, all of the plugin's when key is empty, and says how many there were.
func (n *Node) Revoke(plugin, key string) (int, error) {
	return n.grants.Revoke(plugin, key)
}

// Grants is every answer that counts, Audit the last lines of the log, oldest first.
func (n *Node) Grants() ([]grant.Grant, error) { return n.grants.List() }

// Audit implements what Grants says.
func (n *Node) Audit(limit int) ([]grant.Entry, error) { return n.grants.Audit(limit) }
