package node

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
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
		Permit: func(asked *manifest.Permission) (world.Grant, error) {
			g, err := n.permit(p, asked)
			if errors.Is(err, errNotAllowed) && !p.Manifest.Pretends(asked.Key()) {
				n.missed(p.Manifest.ID, asked)
			}
			return g, err
		},
		Setting: func(ctx context.Context, m *manifest.Param) (manifest.Value, error) {
			return n.setting(ctx, p, m)
		},
	}
	c.Config = func(key string) (string, bool, error) { return n.configured(p, key) }
	if n.options.Notify != nil {
		c.Notify = func(text string) { n.options.Notify(p.Manifest.ID, text) }
	}
	return world.Open(c)
}

// errNotAllowed is the beginning of a refusal by a user who has not answered yet.
var errNotAllowed = errors.New("you have not allowed it to")

// permit is what the user allows at this moment. Whatever is wrong with the grants, nothing is.
func (n *Node) permit(p *host.Plugin, asked *manifest.Permission) (world.Grant, error) {
	g, found, err := n.grants.Find(p.Manifest.ID, asked.Key(), p.Holder)
	switch {
	case err != nil:
		return world.Grant{}, err
	case found && g.Decision == grant.Never:
		return world.Grant{}, fmt.Errorf("you have forbidden it to %s", asked.Sentence())
	case !found:
		return world.Grant{}, fmt.Errorf("%w %s", errNotAllowed, asked.Sentence())
	}
	if g.Folder != "" { // another folder may be of that name by now
		if err := n.notOurs(asked, g.Folder); err != nil {
			return world.Grant{}, err
		}
	}
	hosts := slices.Clone(g.Hosts)
	if p.Manifest.Foreign == nil { // a foreign one's hosts are those that the user named
		hosts = slices.DeleteFunc(hosts, func(host string) bool {
			return !slices.Contains(asked.Hosts, host)
		})
	}
	return world.Grant{Folder: g.Folder, Hosts: hosts}, nil
}

func (n *Node) allows(p *host.Plugin, key string) bool {
	asked := p.Manifest.FindPermission(key)
	if asked == nil {
		return false
	}
	_, err := n.permit(p, asked)
	return err == nil
}

// RunsHidden says whether a live unit may go on while nobody can see it.
func (n *Node) RunsHidden(unit string) bool {
	p, _, err := n.registry.Find(unit)
	return err == nil && n.allows(&host.Plugin{Manifest: p.Manifest, Holder: p.Holder()},
		manifest.PermitBackground)
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

// Decide notes the user's answer to a permission that the plugin asks for. what is the folder that
// was picked (read, write), or the hosts, with commas between, that a foreign plugin may reach.
func (n *Node) Decide(p unit.PluginInfo, key string, d grant.Decision, what string) error {
	asked := p.Manifest.FindPermission(key)
	if asked == nil {
		return fault.New(opGrant, fault.NotFound, p.Manifest.ID,
			fmt.Sprintf("it does not ask for %q", key), asksFor(p.Manifest))
	}
	g := grant.Grant{
		Plugin: p.Manifest.ID, Key: key, Decision: d, Holder: p.Holder(), Hosts: asked.Hosts,
	}
	needsHosts := asked.Name == manifest.PermitHTTP && len(asked.Hosts) == 0
	var err error
	switch {
	case d == grant.Never && what == "":
	case asked.Scope != "":
		if g.Folder, err = grantedFolder(key, what); err == nil {
			err = n.notOurs(asked, g.Folder)
		}
	case needsHosts:
		g.Hosts, err = grantedHosts(what)
	case what != "":
		err = fault.New(opGrant, fault.Invalid, key, "nothing is to be said beside it",
			"only read and write take a folder, and foreign plugins hosts")
	}
	if err != nil {
		return err
	}
	n.unmissed(p.Manifest.ID)
	return n.grants.Decide(g)
}

func grantedFolder(key, path string) (string, error) {
	if path == "" {
		return "", fault.New(opGrant, fault.Invalid, key, "it needs a folder",
			"say it like "+key+"=/home/me/Documents")
	}
	return path, fault.Wrap(opGrant, fault.Invalid, path, CheckFolder(path), "give a folder that is there")
}

// notOurs refuses folders by which a plugin could change INOS: who may write the grants grants
// itself everything.
func (n *Node) notOurs(asked *manifest.Permission, folder string) error {
	folder = resolved(folder)
	for _, dir := range n.own() {
		if inside(folder, dir) || asked.Name == manifest.PermitWrite && inside(dir, folder) {
			return fault.New(opGrant, fault.Denied, folder, "INOS keeps its own files in "+dir,
				"give another folder, which does not hold them")
		}
	}
	return nil
}

// ownFolders are where INOS keeps its own files, the usual data folder included where this node has
// another one.
func ownFolders(o Options) []string {
	own := slices.Concat([]string{o.DataDir, filepath.Dir(o.WorkerPath)}, o.PluginDirs, o.MoreDirs)
	if usual, err := DefaultDataDir(); err == nil {
		own = append(own, usual, usual+"-desktop") // WebKit keeps the window's there
	}
	for i, dir := range own {
		own[i] = resolved(dir)
	}
	return own
}

// resolved is a path without links as far as it exists.
func resolved(path string) string {
	if absolute, err := filepath.Abs(path); err == nil {
		path = absolute
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	return path
}

// inside says whether a path is the folder or lies in it.
func inside(path, folder string) bool {
	rel, err := filepath.Rel(folder, path)
	return err == nil && filepath.IsLocal(rel)
}

// maxGrantedHosts is as many as a manifest may name.
const maxGrantedHosts = 16

func grantedHosts(text string) ([]string, error) {
	hosts := strings.Split(text, ",")
	for _, host := range hosts {
		if !manifest.IsHost(host) || len(hosts) > maxGrantedHosts {
			return nil, fault.New(opGrant, fault.Invalid, manifest.PermitHTTP,
				fmt.Sprintf("it needs the hosts that it may reach, 1 to %d", maxGrantedHosts),
				"say it like http=api.example.org,*.example.com")
		}
	}
	return hosts, nil
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
	n.unmissed(plugin)
	return n.grants.Revoke(plugin, key)
}

// Grants is every answer that counts, Audit the last lines of the log, oldest first.
func (n *Node) Grants() ([]grant.Grant, error) { return n.grants.List() }

// Audit implements what Grants says.
func (n *Node) Audit(limit int) ([]grant.Entry, error) { return n.grants.Audit(limit) }
