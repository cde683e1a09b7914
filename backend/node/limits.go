package node

import (
	"cmp"
	"fmt"
	"strings"

	"inos/backend/fault"
	"inos/backend/host"
	"inos/backend/manifest"
	"inos/backend/quota"
	"inos/backend/unit"
)

const opLimit = "plugin.limit"

// limits are what a plugin may use: what it declares as far as that is free, or the user allows
// more, and no more than the user has set.
func (n *Node) limits(p *host.Plugin) manifest.Limits {
	l := n.permitted(p)
	set, _ := n.quotas.Of(p.Manifest.ID) // with an error what was known last, and nothing starts
	if set.MemoryBytes > 0 {
		l.MemoryBytes = min(cmp.Or(l.MemoryBytes, manifest.DefaultMemoryBytes), set.MemoryBytes)
	}
	if set.TimeMs > 0 {
		l.CallMs = min(cmp.Or(l.CallMs, defaultCallMs), uint32(set.TimeMs))
	}
	return l
}

const defaultCallMs = uint32(host.DefaultCallTime / 1e6)

// permitted is what a plugin declares, as far as it is free or the user allows more.
func (n *Node) permitted(p *host.Plugin) manifest.Limits {
	l := p.Manifest.Limits
	if l.MemoryBytes > manifest.FreeMemoryBytes && !n.allows(p, manifest.PermitMemory) {
		l.MemoryBytes = manifest.FreeMemoryBytes
	}
	if l.CallMs > manifest.FreeCallMs && !n.allows(p, manifest.PermitTime) {
		l.CallMs = manifest.FreeCallMs
	}
	return l
}

// Limit is one of a plugin's limits, in the unit that its key has in package quota.
type Limit struct {
	Key string `json:"key"`
	Doc string `json:"doc"`
	// Declared is what the manifest says, Set what the user has set; null: nothing.
	Declared *uint64 `json:"declared"`
	Set      *uint64 `json:"set"`
	// InForce is what counts now; null: there is no bound. By says whose it is.
	InForce *uint64 `json:"in_force"`
	By      string  `json:"by"` // "you", "plugin", "inos"
	// Used is what it uses in this program at this moment; null: unknown here.
	Used *uint64 `json:"used"`
}

// Limits are those of a plugin, in the order of package quota.
func (n *Node) Limits(p unit.PluginInfo) ([]Limit, error) {
	set, err := n.quotas.Of(p.Manifest.ID)
	if err != nil {
		return nil, err
	}
	own, used := n.withoutQuota(p), n.used(p.Manifest.ID)
	out := make([]Limit, 0, len(quota.Kinds))
	for i := range quota.Kinds {
		k := &quota.Kinds[i]
		l := Limit{
			Key: k.Key, Doc: k.Doc, Declared: filled(declared(p.Manifest, k.Key)),
			Set: filled(k.Of(set)), InForce: filled(own[k.Key]), By: "inos", Used: used[k.Key],
		}
		if l.Declared != nil && own[k.Key] == *l.Declared {
			l.By = "plugin"
		}
		if l.Set != nil && (l.InForce == nil || *l.Set <= *l.InForce) {
			l.InForce, l.By = l.Set, "you"
		}
		out = append(out, l)
	}
	return out, nil
}

// filled is nil for 0.
func filled(value uint64) *uint64 {
	if value == 0 {
		return nil
	}
	return &value
}

func declared(m *manifest.Manifest, key string) uint64 {
	switch u := m.LiveUnit(); {
	case key == quota.Memory:
		return m.Limits.MemoryBytes
	case key == quota.Time:
		return uint64(m.Limits.CallMs)
	case key == quota.Rate && u != nil:
		return uint64(u.Live.RateHz)
	}
	return 0
}

// withoutQuota is what a plugin may use before the user sets limits; 0 or absent: no bound.
func (n *Node) withoutQuota(p unit.PluginInfo) map[string]uint64 {
	l := n.permitted(&host.Plugin{Manifest: p.Manifest, Holder: p.Holder()})
	return map[string]uint64{
		quota.Memory:   cmp.Or(l.MemoryBytes, manifest.DefaultMemoryBytes),
		quota.Time:     uint64(cmp.Or(l.CallMs, defaultCallMs)),
		quota.Rate:     declared(p.Manifest, quota.Rate),
		quota.Segments: uint64(n.arena.PayloadLimit()),
		quota.Log:      host.LogLinesPerSecond,
	}
}

// used is what a plugin uses in this program, as far as that can be told.
func (n *Node) used(id string) map[string]*uint64 {
	used := map[string]*uint64{}
	note := func(key string, value uint64) { used[key] = &value }
	for _, u := range n.usage.Plugins() {
		if u.Plugin == id && u.Workers > 0 {
			note(quota.Segments, uint64(u.SegmentBytes))
		}
	}
	for _, l := range n.lives.All() {
		if l.Plugin().ID == id {
			stats := l.Stats()
			note(quota.Memory, uint64(stats.GuestBytes))
			note(quota.Rate, uint64(stats.TickHz+0.5))
			note(quota.CPU, uint64(stats.CPUPct+0.5))
		}
	}
	return used
}

// SetLimit lets a plugin use no more than that, written as people do: cpu, 50%. It counts from the
// next call on, for a live unit within a second.
func (n *Node) SetLimit(p unit.PluginInfo, key, text string) error {
	k, value, err := n.checkLimit(p, key, text)
	if err != nil {
		return err
	}
	if err := n.quotas.Set(p.Manifest.ID, k, value); err != nil {
		return err
	}
	n.wake()
	return nil
}

// CheckLimit says whether SetLimit would take it.
func (n *Node) CheckLimit(p unit.PluginInfo, key, text string) error {
	_, _, err := n.checkLimit(p, key, text)
	return err
}

func (n *Node) checkLimit(p unit.PluginInfo, key, text string) (*quota.Kind, uint64, error) {
	k, err := findLimit(key)
	if err != nil {
		return nil, 0, err
	}
	value, err := k.Parse(text)
	if err != nil {
		return nil, 0, fault.Wrap(opLimit, fault.Invalid, key, err, "")
	}
	if key == quota.Memory || key == quota.Time {
		if most := n.withoutQuota(p)[key]; value > most {
			return nil, 0, fault.New(opLimit, fault.Invalid, key,
				fmt.Sprintf("a limit only takes away, and %s may have %s", p.Manifest.ID, k.Text(most)),
				howToGiveMore(p.Manifest, key))
		}
	}
	return k, value, nil
}

// howToGiveMore is for memory and time, whose permissions have their names.
func howToGiveMore(m *manifest.Manifest, key string) string {
	if m.FindPermission(key) == nil {
		return "its manifest asks for no more"
	}
	return "what its manifest asks for beyond is allowed with: inos plugin grant " + m.ID + " " + key
}

// ResetLimit takes back what the user has set, all of it when key is empty.
func (n *Node) ResetLimit(p unit.PluginInfo, key string) error {
	var k *quota.Kind
	if key != "" {
		var err error
		if k, err = findLimit(key); err != nil {
			return err
		}
	}
	if err := n.quotas.Reset(p.Manifest.ID, k); err != nil {
		return err
	}
	n.wake()
	return nil
}

func findLimit(key string) (*quota.Kind, error) {
	if k := quota.Find(key); k != nil {
		return k, nil
	}
	var keys []string
	for _, k := range quota.Kinds {
		keys = append(keys, k.Key)
	}
	return nil, fault.New(opLimit, fault.NotFound, key, "there is no such limit",
		"the limits are "+strings.Join(keys, ", "))
}
