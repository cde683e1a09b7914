package window

import (
	"inos/backend/dropin"
	"inos/backend/fault"
	"inos/backend/node"
	"inos/backend/unit"
)

const opOffer = "plugin.offer"

// offered is a file that the user has been shown. What is installed is what was shown, whatever
// becomes of the file meanwhile.
type offered struct {
	info unit.PluginInfo
	wasm []byte
}

// Offer is a file before it is installed.
type Offer struct {
	// Digest names the offer in Install; empty: the user chose no file.
	Digest string     `json:"digest"`
	Plugin PluginCard `json:"plugin"`
	// From is the version that is there; empty: none.
	From string `json:"from"`
	// Beyond is what it asks for and the version that is there did not.
	Beyond []node.Permission `json:"beyond"`
}

// OfferChosen lets the user choose a file.
func (p *Plugins) OfferChosen() (Offer, error) {
	path, err := p.Dialogs.PluginFile()
	if err != nil || path == "" {
		return Offer{}, fault.Wrap(opOffer, fault.Unavailable, "file dialog", err, "")
	}
	return p.OfferFile(path)
}

// OfferRefused offers a file of the plugin folders that is refused as it lies there.
func (p *Plugins) OfferRefused(path string) (Offer, error) {
	for _, info := range p.Node.Registry().Plugins() {
		if info.Path == path && info.Refused != "" {
			return p.OfferFile(path)
		}
	}
	return Offer{}, fault.New(opOffer, fault.NotFound, cut(path), "no such file is refused any more", "")
}

// OfferFile reads a file that the user named to the system, not to the page.
func (p *Plugins) OfferFile(path string) (Offer, error) {
	info, wasm, err := p.Node.Registry().Read(path)
	if err != nil {
		return Offer{}, err
	}
	p.mu.Lock()
	p.offered = &offered{info, wasm}
	p.mu.Unlock()
	return p.offerOf(info), nil
}

// Offered is the file that waits for the user's word: a page that was loaded again asks.
func (p *Plugins) Offered() Offer {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.offered == nil {
		return Offer{Plugin: describe(unit.PluginInfo{}), Beyond: []node.Permission{}}
	}
	return p.offerOf(p.offered.info)
}

func (p *Plugins) offerOf(info unit.PluginInfo) Offer {
	offer := Offer{Digest: info.Digest, Plugin: describe(info), Beyond: []node.Permission{}}
	present := p.Node.Registry().Present(info.Manifest.ID)
	if present == nil {
		return offer
	}
	offer.From = present.Version
	for _, asked := range info.Manifest.AsksBeyond(present) {
		offer.Beyond = append(offer.Beyond, node.Permission{
			Permission: asked, Key: asked.Key(), Sentence: asked.Sentence(),
		})
	}
	return offer
}

// Install installs what was offered. replace: also where it is older, or of another signer.
func (p *Plugins) Install(digest string, replace bool) (dropin.Change, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.offered == nil || p.offered.info.Digest != digest {
		return dropin.Change{}, fault.New(opOffer, fault.NotFound, "", "that file is not offered any more",
			"choose it again")
	}
	c, err := p.Node.Registry().InstallRead(p.offered.info, p.offered.wasm, replace)
	if err == nil {
		p.offered = nil
	}
	return c, err
}

// Decline forgets what was offered.
func (p *Plugins) Decline() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.offered = nil
}
