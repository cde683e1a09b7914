package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"inos/backend/fault"
	"inos/backend/manifest"
	"inos/backend/trust"
)

type verifyDocument struct {
	Path      string          `json:"path"`
	Signature trust.Signature `json:"signature"`
	// Detached are the file without its signature, and the .minisig.
	Detached []string     `json:"detached,omitempty"`
	Error    *fault.Error `json:"error,omitempty"`
}

func (a *app) pluginVerifyCommand() *cobra.Command {
	var pub, folder string
	cmd := &cobra.Command{
		Use:   "verify FILE",
		Short: "Say who signed a plugin file, and fail unless it is somebody trusted",
		Long: "verify succeeds when the signature holds and is by the key of --pub or, without it, by a\n" +
			"publisher whom you trust (inos plugin trust). --detach writes what the minisign tool takes:\n" +
			"the file without its signature, and the .minisig beside it.",
		Example: "  inos plugin verify boids.wasm\n" +
			"  inos plugin verify boids.wasm --pub ada.pub\n" +
			"  inos plugin verify boids.wasm --pub ada.pub --detach parts && \\\n" +
			"    minisign -Vm parts/boids.wasm -p ada.pub",
		Args: oneArgument("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			report, err := a.verifyPlugin(cmd.Context(), args[0], pub, folder)
			if err != nil {
				return err
			}
			return a.printVerified(report)
		},
	}
	cmd.Flags().StringVar(&pub, "pub", "",
		"the key that must have signed it, a `FILE` or the key itself")
	cmd.Flags().StringVar(&folder, "detach", "", "write the two parts into this folder `DIR`")
	return cmd
}

func (a *app) verifyPlugin(ctx context.Context, path, pub, folder string) (*verifyDocument, error) {
	wanted := ""
	if pub != "" {
		key, err := publicKey(ctx, pub)
		if err != nil {
			return nil, err
		}
		wanted = key.String()
	}
	wasm, err := readBounded(ctx, path, maxModuleBytes)
	if err != nil {
		return nil, err
	}
	rest, err := manifest.Strip(wasm)
	if err != nil {
		return nil, about(path, err)
	}
	out := &verifyDocument{Path: path}
	var broken error
	if out.Signature, broken, err = a.signatureOf(wasm); err != nil {
		return nil, err
	}
	if out.Error = out.shortcoming(wanted, broken); out.Signature.Key == "" || folder == "" {
		return out, nil
	}
	out.Detached, err = detach(ctx, path, folder, rest, wasm)
	return out, err
}

// shortcoming says why the signature does not suffice; nil: it does.
func (v *verifyDocument) shortcoming(wanted string, broken error) *fault.Error {
	s := v.Signature
	switch {
	case broken != nil:
		return asFault(about(v.Path, broken))
	case s.State == trust.Unsigned:
		return notTrusted(v.Path, s.String(), "")
	case wanted != "" && s.Key != wanted:
		return notTrusted(v.Path, "it is signed with another key: "+s.KeyID, "")
	case wanted == "" && s.State != trust.Trusted:
		return notTrusted(v.Path, s.String(),
			"if you know the owner of this key: inos plugin trust "+s.Key+" --name WHO")
	}
	return nil
}

func notTrusted(path, why, next string) *fault.Error {
	return fault.New("plugin.verify", fault.Denied, path, why, next)
}

// signatureOf is what a file's signature is worth, and why it does not hold if so.
func (a *app) signatureOf(wasm []byte) (s trust.Signature, broken, err error) {
	signed, broken := manifest.VerifySignature(wasm)
	switch {
	case broken != nil:
		return trust.Signature{State: trust.Invalid}, broken, nil
	case signed == nil:
		return trust.Signature{State: trust.Unsigned}, nil, nil
	}
	s, err = a.judge(trust.By(signed.Key, signed.Comment()))
	return s, nil, err
}

// judge looks the signer up in the store.
func (a *app) judge(s trust.Signature) (trust.Signature, error) {
	store, err := a.publishers()
	if err != nil {
		return s, err
	}
	list, err := store.List()
	return s.Judge(list), err
}

// detach writes the two parts of a signed file under its own name.
func detach(ctx context.Context, path, folder string, rest, wasm []byte) ([]string, error) {
	signed, err := manifest.Signature(wasm)
	if err != nil {
		return nil, about(path, err)
	}
	out := filepath.Join(folder, filepath.Base(path))
	if isSameFile(path, out) {
		return nil, fault.New("plugin.detach", fault.Invalid, folder,
			"the plugin file itself is in there, and would lose its signature", "name another folder")
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, fault.Wrap("plugin.detach", fault.Unavailable, folder, fault.Bare(err),
			fault.DiskRemedy(err))
	}
	written := []string{out, out + ".minisig"}
	for i, data := range [][]byte{rest, signed.Text()} {
		if err := writeWhole(ctx, written[i], data); err != nil {
			return nil, fault.Wrap("plugin.detach", fault.Unavailable, written[i], err,
				fault.DiskRemedy(err))
		}
	}
	return written, nil
}

func isSameFile(a, b string) bool {
	one, err := os.Stat(a)
	if err != nil {
		return false
	}
	other, err := os.Stat(b)
	return err == nil && os.SameFile(one, other)
}

func (a *app) printVerified(v *verifyDocument) error {
	if err := a.showVerified(v); err != nil || v.Error == nil {
		return err
	}
	if a.global.json { // the document has the reason already
		fmt.Fprintln(a.Stderr, "inos: "+a.reason(v.Error))
		return &reported{ExitFailed}
	}
	return v.Error
}

func (a *app) showVerified(v *verifyDocument) error {
	if a.global.json {
		return writeJSON(a.Stdout, v)
	}
	if v.Signature.Key == "" {
		return nil // the error says all
	}
	fmt.Fprintf(a.Stdout, "%s: %s\nkey: %s\ncomment: %s\n", shown(v.Path), v.Signature,
		v.Signature.Key, shown(v.Signature.Comment))
	for _, path := range v.Detached {
		fmt.Fprintf(a.Stdout, "written: %s\n", shown(path))
	}
	return nil
}
