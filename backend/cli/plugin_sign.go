package cli

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"inos/backend/fault"
	"inos/backend/manifest"
	"inos/backend/trust"
)

// maxKeyBytes bounds what is read of key and signature files; each has some hundred bytes.
const maxKeyBytes = 16 << 10

type keyDocument struct {
	Secret    string `json:"secret"` // path
	Public    string `json:"public"` // path
	Key       string `json:"key"`    // the public key
	KeyID     string `json:"keyId"`
	Protected bool   `json:"protected"`
}

func (a *app) pluginKeygenCommand() *cobra.Command {
	var name string
	var open bool
	var from passphrase
	cmd := &cobra.Command{
		Use:   "keygen -o NAME",
		Short: "Make a key to sign plugins with",
		Long: "keygen writes NAME.key, the secret key, and NAME.pub, the public key, in the form of the\n" +
			"minisign tool. Keep NAME.key to yourself; give NAME.pub to those who use your plugins.\n" +
			"The passphrase is asked for at the terminal, or comes from --passphrase-fd or from the\n" +
			"variable " + passphraseVariable + ". No file is overwritten.",
		Example: "  inos plugin keygen -o ~/ada\n" +
			"  inos plugin keygen -o ci --no-passphrase --json",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if name == "" {
				return usagef(cmd, "-o NAME is needed")
			}
			if open && from.fd >= 0 {
				return usagef(cmd, "--no-passphrase and --passphrase-fd exclude each other")
			}
			words, err := "", error(nil)
			if !open {
				words, err = a.readPassphrase(cmd.Context(), from, true)
			}
			if err != nil {
				return err
			}
			made, err := writeKey(name, words)
			if err != nil {
				return err
			}
			return a.printKey(made)
		},
	}
	cmd.Flags().StringVarP(&name, "output", "o", "", "the `NAME` of both files, without ending")
	cmd.Flags().BoolVar(&open, "no-passphrase", false,
		"leave the secret key unprotected: whoever reads the file can sign")
	from.register(cmd)
	return cmd
}

func (a *app) printKey(made *keyDocument) error {
	if a.global.json {
		return writeJSON(a.Stdout, made)
	}
	_, err := fmt.Fprintf(a.Stdout, "%s: the secret key, keep it\n%s: the public key %s\n%s\n",
		shown(made.Secret), shown(made.Public), made.KeyID, made.Key)
	return err
}

func writeKey(name, words string) (*keyDocument, error) {
	out := &keyDocument{Secret: name + ".key", Public: name + ".pub", Protected: words != ""}
	for _, path := range []string{out.Secret, out.Public} {
		if _, err := os.Lstat(path); err == nil {
			return nil, keyFault(path, fs.ErrExist)
		}
	}
	key, public, secret, err := trust.NewKey(words)
	if err != nil {
		return nil, keyFault(out.Secret, err)
	}
	out.Key, out.KeyID = key.String(), trust.KeyID(key)
	if err := writeNew(out.Secret, secret, 0o600); err != nil {
		return nil, keyFault(out.Secret, err)
	}
	if err := writeNew(out.Public, public, newFileMode); err != nil {
		_ = os.Remove(out.Secret) // half a pair is of no use
		return nil, keyFault(out.Public, err)
	}
	return out, nil
}

func keyFault(path string, err error) error {
	next := fault.DiskRemedy(err)
	if os.IsExist(err) {
		next = "a key is never overwritten: choose another name"
	}
	return fault.Wrap("plugin.keygen", fault.Unavailable, path, fault.Bare(err), next)
}

// writeNew writes a file that must not be there yet.
func writeNew(path string, data []byte, mode fs.FileMode) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	if err == nil {
		err = file.Sync()
	}
	if cerr := file.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		_ = os.Remove(path) // ours, half written
	}
	return err
}

type signedDocument struct {
	Path      string          `json:"path"`
	ID        string          `json:"id"` // of the plugin
	Bytes     int             `json:"bytes"`
	Signature trust.Signature `json:"signature"`
}

// signing is what the flags of `plugin sign` say.
type signing struct {
	key, comment    string
	signature, pub  string
	out             string
	from            passphrase
	commentWasGiven bool
}

func (a *app) pluginSignCommand() *cobra.Command {
	var s signing
	cmd := &cobra.Command{
		Use:   "sign FILE (--key KEY | --signature MINISIG --pub PUB)",
		Short: "Sign a plugin file",
		Long: "sign puts a signature into a packed plugin file, in place of an older one. The signature is\n" +
			"over the whole file, its manifest included: pack first. With --signature it is one that the\n" +
			"minisign tool made over the packed file (minisign -Sm FILE).",
		Example: "  inos plugin sign boids.wasm --key ada.key\n" +
			"  inos plugin sign boids.wasm --key ada.key --comment 'boids 1.2' -o signed/boids.wasm\n" +
			"  inos plugin sign boids.wasm --signature boids.wasm.minisig --pub ada.pub",
		Args: oneArgument("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			s.commentWasGiven = cmd.Flags().Changed("comment")
			if err := s.check(cmd); err != nil {
				return err
			}
			signed, err := a.signPlugin(cmd.Context(), args[0], s)
			if err != nil {
				return err
			}
			if a.global.json {
				return writeJSON(a.Stdout, signed)
			}
			_, err = fmt.Fprintf(a.Stdout, "%s: %s, signed with key %s\n", shown(signed.Path), signed.ID,
				signed.Signature.KeyID)
			return err
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&s.key, "key", "", "the secret key, a `FILE`")
	flags.StringVar(&s.comment, "comment", "", "a line `TEXT` that is signed too (default the time)")
	flags.StringVar(&s.signature, "signature", "", "a signature by the minisign tool, a `FILE`")
	flags.StringVar(&s.pub, "pub", "", "the public key of --signature, a `FILE` or the key itself")
	flags.StringVarP(&s.out, "output", "o", "", "the `FILE` to write (default the one that is signed)")
	s.from.register(cmd)
	return cmd
}

func (s *signing) check(cmd *cobra.Command) error {
	switch {
	case s.key == "" && s.signature == "":
		return usagef(cmd, "give --key, or --signature and --pub")
	case s.key != "" && (s.signature != "" || s.pub != ""):
		return usagef(cmd, "--key excludes --signature and --pub")
	case s.signature != "" && s.pub == "":
		return usagef(cmd, "--signature needs --pub")
	case s.signature != "" && (s.commentWasGiven || s.from.fd >= 0):
		return usagef(cmd, "--comment and --passphrase-fd are for --key")
	}
	return nil
}

func (a *app) signPlugin(ctx context.Context, path string, s signing) (*signedDocument, error) {
	wasm, err := readBounded(ctx, path, maxModuleBytes)
	if err != nil {
		return nil, err
	}
	m, err := manifest.ParseFile(path, wasm)
	if err != nil {
		return nil, about(path, err)
	}
	var signed []byte
	if s.key != "" {
		signed, err = a.signWithKey(ctx, path, wasm, s)
	} else {
		signed, err = embedSignature(ctx, path, wasm, s)
	}
	if err != nil {
		return nil, err
	}
	by, err := manifest.VerifySignature(signed)
	if err != nil {
		return nil, about(path, err)
	}
	if s.out == "" {
		s.out = path
	}
	if err := writeWhole(ctx, s.out, signed); err != nil {
		return nil, fault.Wrap("plugin.sign", fault.Unavailable, s.out, err, fault.DiskRemedy(err))
	}
	return &signedDocument{s.out, m.ID, len(signed), trust.By(by.Key, by.Comment())}, nil
}

func (a *app) signWithKey(
	ctx context.Context, path string, wasm []byte, s signing,
) ([]byte, error) {
	secret, err := readBounded(ctx, s.key, maxKeyBytes)
	if err != nil {
		return nil, err
	}
	key, err := trust.OpenKey(secret, func() (string, error) {
		return a.readPassphrase(ctx, s.from, false)
	})
	if err != nil {
		return nil, about(s.key, err)
	}
	if !s.commentWasGiven {
		s.comment = fmt.Sprintf("timestamp:%d\tfile:%s", time.Now().Unix(), plainName(path))
	}
	signed, err := manifest.Sign(wasm, key, s.comment)
	if err != nil {
		return nil, about(path, err)
	}
	return signed, nil
}

// plainName is a file's name as it may stand in a comment.
func plainName(path string) string {
	return strings.ToValidUTF8(shown(filepath.Base(path)), "?")
}

func embedSignature(ctx context.Context, path string, wasm []byte, s signing) ([]byte, error) {
	key, err := publicKey(ctx, s.pub)
	if err != nil {
		return nil, err
	}
	minisig, err := readBounded(ctx, s.signature, maxKeyBytes)
	if err != nil {
		return nil, err
	}
	signed, err := manifest.Embed(wasm, key, minisig)
	if err != nil {
		return nil, about(path, err)
	}
	return signed, nil
}

// publicKey reads a key that was given itself or as a file.
func publicKey(ctx context.Context, text string) (key trust.Key, err error) {
	if trust.IsKey(text) || trust.IsSecret(text) {
		key, err = trust.ParseKey(text)
		return key, fault.Wrap("plugin.key", fault.Invalid, "key", err, "")
	}
	data, err := readBounded(ctx, text, maxKeyBytes)
	if err != nil {
		return key, err
	}
	if key, err = trust.ParseKey(string(data)); err != nil {
		return key, about(text, err)
	}
	return key, nil
}
