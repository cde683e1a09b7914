package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"inos/backend/unit"
)

type unitsDocument struct {
	Units []unit.Info `json:"units"`
}

func (a *app) unitsCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "units",
		Short:   "List what the plugins offer",
		Example: "  inos units\n  inos units --json\n  inos units --plugins build/bin/examples",
		Args:    noArguments,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.printUnits(cmd.Context()) },
	}
}

func (a *app) printUnits(ctx context.Context) error {
	n, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer n.Close()
	units := n.Units()
	a.tellRefused(n.Plugins())
	if a.global.json {
		return writeJSON(a.Stdout, unitsDocument{append([]unit.Info{}, units...)})
	}
	if len(units) == 0 {
		_, err := fmt.Fprintln(a.Stdout, "No plugin was found. Put one into the folder that"+
			" `inos plugin list` names, or name a folder with --plugins DIR.")
		return err
	}
	rows := [][]string{{"UNIT", "PLUGIN", "LIVE", "WHAT", "OPS"}}
	for _, u := range units {
		rows = append(rows, []string{u.Name, u.Plugin + " " + u.Version, liveWord(u),
			shown(u.Doc), opNames(u)})
	}
	return table(a.Stdout, rows)
}

// tellRefused names the files whose units are missing in the list.
func (a *app) tellRefused(plugins []unit.PluginInfo) {
	for _, p := range plugins {
		if p.Refused != "" {
			fmt.Fprintf(a.Stderr, "inos: %s cannot be used: %s\n", shown(p.Path), shown(p.Refused))
		}
	}
}

func liveWord(u unit.Info) string {
	if u.Live == nil {
		return "-"
	}
	return fmt.Sprintf("%d Hz", u.Live.RateHz)
}

func opNames(u unit.Info) string {
	if len(u.Ops) == 0 {
		return "-"
	}
	var names []string
	for _, op := range u.Ops {
		names = append(names, op.Name)
	}
	return strings.Join(names, ", ")
}
