package window

import (
	"inos/backend/fault"
	"inos/backend/grant"
	"inos/backend/node"
)

// maxAudit is how much of the log the panel shows.
const maxAudit = 200

// maxHostsBytes is more than the hosts of one permission take.
const maxHostsBytes = 8 << 10

// Decide notes the user's answer and returns what is in force. Where a folder is needed the user
// picks it; who closes that dialog has not answered. hosts are those that a foreign plugin may
// reach, with commas between; empty for all else.
func (p *Plugins) Decide(id, key, decision, hosts string) ([]node.Permission, error) {
	if len(hosts) > maxHostsBytes {
		return nil, fault.New("plugin.grant", fault.Invalid, "hosts", "the list of hosts is too long", "")
	}
	info, err := p.find(id)
	if err != nil {
		return nil, err
	}
	what, asked := hosts, info.Manifest.FindPermission(key)
	if asked == nil {
		return nil, notAsked(id, key)
	}
	if asked.Scope != "" && decision != string(grant.Never) {
		what, err = p.Dialogs.Folder("Folder in which " + info.Manifest.Name + " may " + asked.Name)
		if err != nil {
			return nil, fault.Wrap("plugin.grant", fault.Unavailable, "folder dialog", err, "")
		}
		if what == "" {
			return p.Node.Permissions(info)
		}
	}
	if err := p.Node.Decide(info, key, grant.Decision(cut(decision)), what); err != nil {
		return nil, err
	}
	return p.Node.Permissions(info)
}

// Revoke takes an answer back, before the plugin's next question.
func (p *Plugins) Revoke(id, key string) ([]node.Permission, error) {
	info, err := p.find(id)
	if err != nil {
		return nil, err
	}
	if info.Manifest.FindPermission(key) == nil {
		return nil, notAsked(id, key)
	}
	if _, err := p.Node.Revoke(id, key); err != nil {
		return nil, err
	}
	return p.Node.Permissions(info)
}

func notAsked(id, key string) error {
	return fault.New("plugin.grant", fault.NotFound, id, "it does not ask for "+cut(key), "")
}

// Audit is the last entries of the log about a plugin, the newest first.
func (p *Plugins) Audit(id string) ([]grant.Entry, error) {
	all, err := p.Node.Audit(maxAudit)
	out := []grant.Entry{}
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].Plugin == id {
			out = append(out, all[i])
		}
	}
	return out, err
}
