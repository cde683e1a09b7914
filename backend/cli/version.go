package cli

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"inos/backend/manifest"
)

// version is set by the build: -ldflags "-X inos/backend/cli.version=1.2.3".
var version = "dev"

const versionFlag = "version"

// Version is the version of this build.
func Version() string { return version }

type versionDocument struct {
	Version string `json:"version"`
	Go      string `json:"go"`
	OS      string `json:"os"`
	Arch    string `json:"arch"`
	ABI     int    `json:"abi"`
}

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version",
		Example: "  inos version\n  inos version --json",
		Args:    noArguments,
		RunE:    func(*cobra.Command, []string) error { return a.printVersion() },
	}
}

func (a *app) printVersion() error {
	v := versionDocument{version, runtime.Version(), runtime.GOOS, runtime.GOARCH, manifest.ABI}
	if a.global.json {
		return writeJSON(a.Stdout, v)
	}
	_, err := fmt.Fprintf(a.Stdout, "inos %s, plugin ABI %d, %s, %s/%s\n",
		v.Version, v.ABI, v.Go, v.OS, v.Arch)
	return err
}
