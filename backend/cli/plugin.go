package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"runtime"

	"github.com/spf13/cobra"

	"inos/backend/fault"
	"inos/backend/host"
	"inos/backend/input"
	"inos/backend/manifest"
)

// Limits on what is read from disk: a wasm file as the manifest package accepts it, a manifest as
// people write it.
const (
	maxModuleBytes   = 64 << 20
	maxManifestBytes = 1 << 20
)

func (a *app) pluginCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "plugin",
		Short: "List, inspect, install, change and sign plugins, and say whom you trust",
		Example: "  inos plugin list\n" +
			"  inos plugin inspect build/bin/plugins/boids.wasm\n" +
			"  inos plugin install sparks.wasm\n" +
			"  inos plugin rollback sparks\n" +
			"  inos plugin pack adder.wasm --manifest adder.json -o plugins/adder.wasm\n" +
			"  inos plugin sign plugins/adder.wasm --key ada.key",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return usagef(cmd, "say what to do, like list or inspect")
		},
	}
	cmd.AddCommand(a.pluginNewCommand())
	cmd.AddCommand(
		a.pluginListCommand(), a.pluginInspectCommand(), a.pluginPackCommand(), a.pluginInstallCommand(),
		a.pluginKeygenCommand(), a.pluginSignCommand(), a.pluginVerifyCommand(),
		a.pluginTrustCommand(), a.pluginForgetCommand(), a.pluginPublishersCommand(),
		a.pluginUpdateCommand(), a.pluginGrantCommand(), a.pluginRevokeCommand(), a.pluginAuditCommand(),
		a.pluginSettingsCommand(), a.pluginSetCommand(), a.pluginLimitCommand(),
	)
	cmd.AddCommand(a.pluginChangeCommands()...)
	return cmd
}

func (a *app) pluginInspectCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "inspect FILE",
		Short: "Show the manifest of a plugin file and who signed it, without running it",
		Long: "inspect shows what a plugin is, offers and may do, and who signed it. With --json it prints\n" +
			"the manifest alone, as pack takes it; inos plugin verify --json has the signature.",
		Example: "  inos plugin inspect boids.wasm\n  inos plugin inspect boids.wasm --json",
		Args:    oneArgument("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			wasm, err := readBounded(cmd.Context(), args[0], maxModuleBytes)
			if err != nil {
				return err
			}
			signature, broken, err := a.signatureOf(wasm)
			if err != nil {
				return err
			}
			m, err := manifest.ParseFile(args[0], wasm)
			if err = cmp.Or(broken, err); err != nil {
				return about(args[0], err)
			}
			if a.global.json {
				return writeJSON(a.Stdout, m)
			}
			_, err = io.WriteString(a.Stdout, m.Explain(fmt.Sprint(signature)))
			return err
		},
	}
}

type packDocument struct {
	Path  string `json:"path"`
	ID    string `json:"id"`
	Bytes int    `json:"bytes"`
	// Unsigned: the module was signed, and what was written has to be signed again.
	Unsigned bool `json:"unsigned,omitempty"`
}

func (a *app) pluginPackCommand() *cobra.Command {
	var manifestPath, outPath string
	cmd := &cobra.Command{
		Use:   "pack FILE --manifest JSON -o OUT",
		Short: "Check a module and its manifest and write both as one plugin file",
		Long: "pack checks the manifest and the module against the plugin ABI (plugins/SPEC.md), loads\n" +
			"the module in a worker as its first use would, and writes a copy of it with the\n" +
			"manifest inside. A manifest that is already in the module is replaced; a signature,\n" +
			"which was over the old one, is left out.",
		Example: "  inos plugin pack adder.wasm --manifest adder.json -o plugins/adder.wasm",
		Args:    oneArgument("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if manifestPath == "" || outPath == "" {
				return usagef(cmd, "--manifest JSON and -o OUT are both needed")
			}
			packed, err := a.packPlugin(cmd.Context(), args[0], manifestPath, outPath)
			if err != nil {
				return err
			}
			if a.global.json {
				return writeJSON(a.Stdout, packed)
			}
			return a.printPacked(packed)
		},
	}
	cmd.Flags().StringVar(&manifestPath, "manifest", "", "the manifest, a `JSON` file")
	cmd.Flags().StringVarP(&outPath, "output", "o", "", "the plugin `FILE` to write")
	return cmd
}

func (a *app) printPacked(p *packDocument) error {
	if p.Unsigned {
		fmt.Fprintf(a.Stderr, "%s: the signature is gone; sign it again: inos plugin sign\n",
			shown(p.Path))
	}
	_, err := fmt.Fprintf(a.Stdout, "%s: %s, %s\n", p.Path, p.ID, formatBytes(float64(p.Bytes)))
	return err
}

func (a *app) packPlugin(
	ctx context.Context, modulePath, manifestPath, outPath string,
) (*packDocument, error) {
	module, err := readBounded(ctx, modulePath, maxModuleBytes)
	if err != nil {
		return nil, err
	}
	text, err := readBounded(ctx, manifestPath, maxManifestBytes)
	if err != nil {
		return nil, err
	}
	m, err := manifest.ParseJSON(text)
	if err != nil {
		return nil, about(manifestPath, err)
	}
	plugin, err := manifest.Pack(module, m)
	if err == nil {
		err = a.tryPlugin(ctx, m, plugin)
	}
	if err != nil {
		return nil, about(modulePath, err)
	}
	if err := writeWhole(ctx, outPath, plugin); err != nil {
		return nil, fault.Wrap("plugin.pack", fault.Unavailable, outPath, err, fault.DiskRemedy(err))
	}
	bare, err := manifest.Strip(module)
	return &packDocument{outPath, m.ID, len(plugin), len(bare) < len(module)}, err
}

// tryPlugin loads a plugin as a node would, without one: it is in no folder yet.
func (a *app) tryPlugin(ctx context.Context, m *manifest.Manifest, wasm []byte) error {
	if runtime.GOOS != "linux" {
		return nil // no plugin runs here yet: what can be known without a worker has been checked
	}
	launcher := host.NewLauncher()
	defer launcher.Close()
	return host.Try(ctx, host.Config{
		WorkerPath: a.beside(workerProgram), AllowNoSeccomp: a.global.allowNoSeccomp,
		Launcher: launcher,
	}, &host.Plugin{Manifest: m, Wasm: wasm})
}

// about gives an error that names no subject the file that it is about.
func about(path string, err error) error {
	if e := fault.As(err); e != nil {
		named := *e
		if named.Subject == "" {
			named.Subject = path
		} else if named.Subject != path {
			named.Subject = path + ": " + named.Subject
		}
		return &named
	}
	return fault.Wrap("cli", fault.Invalid, path, err, "")
}

// readBounded reads a file, or a pipe with a writer, of at most limit bytes.
func readBounded(ctx context.Context, path string, limit int64) ([]byte, error) {
	file, err := input.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return file.ReadAll(ctx, limit)
}
