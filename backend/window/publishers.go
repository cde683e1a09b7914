package window

import (
	"inos/backend/fault"
	"inos/backend/trust"
)

// Trust names the owner of a key: plugins signed with it are by somebody whom the user trusts from
// then on. The key is one that the user was shown: of a plugin that is there, or that is offered.
func (p *Plugins) Trust(key, name string) (trust.Publisher, error) {
	parsed, err := trust.ParseKey(key)
	if err != nil || !p.signs(parsed.String()) {
		return trust.Publisher{}, fault.New("trust.add", fault.NotFound, "publisher",
			"no plugin is signed with that key any more", "")
	}
	return p.Node.Publishers().Trust(parsed, name, p.Now())
}

// Forget ends the trust in the owner of a key.
func (p *Plugins) Forget(key string) (trust.Publisher, error) {
	parsed, err := trust.ParseKey(key)
	if err != nil {
		return trust.Publisher{}, fault.Wrap("trust.forget", fault.Invalid, "publisher", err, "")
	}
	return p.Node.Publishers().Forget(trust.KeyID(parsed))
}

// signs says whether a plugin that the page shows carries a signature of that key.
func (p *Plugins) signs(key string) bool {
	p.mu.Lock()
	waiting := p.offered
	p.mu.Unlock()
	if waiting != nil && signedBy(waiting.info.Signature, key) {
		return true
	}
	for _, info := range p.Node.Registry().Plugins() {
		if signedBy(info.Signature, key) {
			return true
		}
	}
	return false
}

func signedBy(s *trust.Signature, key string) bool {
	return s != nil && s.Key == key && s.State != trust.Invalid
}
