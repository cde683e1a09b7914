package unit

import (
	"inos/backend/manifest"
	"inos/backend/trust"
)

// TrustPublishers makes the registry ask at each look whom the user trusts. Call it before the
// first look.
func (r *Registry) TrustPublishers(list func() []trust.Publisher) { r.publishers = list }

// signatureOf is what can be said about a signature without knowing whom the user trusts. An error
// is why the file must not be used.
func signatureOf(wasm []byte) (trust.Signature, error) {
	signed, err := manifest.VerifySignature(wasm)
	switch {
	case err != nil:
		return trust.Signature{State: trust.Invalid}, err
	case signed == nil:
		return trust.Signature{State: trust.Unsigned}, nil
	}
	return trust.By(signed.Key, signed.Comment()), nil
}

// Inspect finds out about a file that lies anywhere, without using it.
func (r *Registry) Inspect(path string) PluginInfo {
	found := []PluginInfo{r.inspect(path)}
	r.judgeSigners(found)
	return found[0]
}

// judgeSigners looks the signers up: the index knows who signed a file, and never whether that is somebody
// trusted, which may change while the file does not.
func (r *Registry) judgeSigners(found []PluginInfo) {
	var list []trust.Publisher
	if r.publishers != nil {
		list = r.publishers()
	}
	for i := range found {
		p := &found[i]
		if p.Signature == nil {
			continue
		}
		s := p.Signature.Judge(list)
		if p.Bundled && s.State != trust.Invalid {
			s.State = trust.Bundled
		}
		p.Signature = &s
	}
}
