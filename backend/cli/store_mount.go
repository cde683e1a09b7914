package cli

import (
	"context"
	"fmt"
	"net"
	"strings"

	"github.com/spf13/cobra"

	"inos/backend/store"
	"inos/backend/store/dav"
)

// mountDocument is what inos store mount prints with --json, as soon as it answers.
type mountDocument struct {
	URL string `json:"url"`
}

func (a *app) storeMountCommand() *cobra.Command {
	var flag spaceFlag
	var address string
	cmd := &cobra.Command{
		Use:   "mount [ID]",
		Short: "Show the store in the file manager, read-only",
		Long: "mount serves the store as a folder (WebDAV) to this computer, until Ctrl+C: spaces, paths, versions,\n" +
			"and what is in them; with an id that version alone. ID is as for inos store get. Nothing can be\n" +
			"changed through it. Whoever knows the address that is printed can read: it has a secret part that is\n" +
			"another one each time. A browser that opens it lists the folders. Symbolic links are left out.",
		Example: "  inos store mount\n  inos store mount 3fa9c1d2 --addr 127.0.0.1:8400 --json",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := a.openStore(cmd.Context())
			if err != nil {
				return err
			}
			tree := dav.All(func() ([]dav.Version, error) { return a.mounted(s, flag) })
			if len(args) > 0 {
				sp, v, err := a.versionOf(s, flag, args[0])
				if err != nil {
					return err
				}
				tree = dav.One(dav.Version{Space: sp, Version: v})
			} else if _, err := a.spaces(s, flag); err != nil {
				return err
			}
			return a.serveStore(cmd.Context(), address, tree)
		},
	}
	flag.register(cmd, "the `NAME` of the space (default all)")
	cmd.Flags().StringVar(&address, "addr", "127.0.0.1:0", "the `ADDRESS` to serve at, one of this computer's own; port 0: any")
	return cmd
}

// mounted are the versions of the spaces that the flag means, now.
func (a *app) mounted(s *store.Store, flag spaceFlag) (out []dav.Version, first error) {
	spaces, first := a.spaces(s, flag)
	if first != nil && flag.name != "" {
		return nil, first
	}
	for _, sp := range spaces {
		versions, err := sp.Versions()
		if first == nil {
			first = err
		}
		for _, v := range versions {
			out = append(out, dav.Version{Space: sp, Version: v})
		}
	}
	return out, first
}

func (a *app) serveStore(ctx context.Context, address string, tree *dav.Tree) error {
	server, err := dav.Listen(ctx, address, tree)
	if err != nil {
		return err
	}
	if a.global.json {
		err = writeJSON(a.Stdout, mountDocument{server.URL()})
	} else {
		_, err = fmt.Fprint(a.Stdout, mountText(server))
	}
	if err != nil {
		return err
	}
	return server.Serve(ctx)
}

// mountText says how each system's file manager is led there.
func mountText(s *dav.Server) string {
	host, port, _ := net.SplitHostPort(s.Address()) // a listener has one
	return fmt.Sprintf("The store can be read, by this computer alone, at\n  %s\nOpen it:\n"+
		"  Linux    gio mount %s, or in the file manager: Other Locations\n"+
		"  macOS    Finder, Go, Connect to Server, with the address above\n"+
		"  Windows  net use * \\\\%s@%s\\%s\n"+
		"  A browser lists the folders, too.\n"+
		"Do not pass the address on. Ctrl+C ends it.\n",
		s.URL(), strings.Replace(s.URL(), "http:", "dav:", 1), host, port, s.Token())
}
