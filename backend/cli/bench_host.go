package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"inos/backend/bench"
)

// Where the build leaves what only tests and this benchmark need, from the program's folder.
var (
	extismProgram = filepath.Join("..", "test", "extism-host")
	mirrorPlugin  = filepath.Join("..", "test", "foreign", "mirror.wasm")
)

func (a *app) hostCommand() *cobra.Command {
	extism := ""
	cmd := a.benchmark("host", "A plugin made for Extism: INOS and Extism's Go SDK side by side",
		func(ctx context.Context) (report, error) {
			programs := a.programs()
			programs.Extism = a.beside(extismProgram)
			if extism != "" {
				programs.Extism = extism
			}
			r, err := bench.Host(ctx, programs, a.beside(mirrorPlugin))
			return hostTable{r}, err
		})
	cmd.Flags().StringVar(&extism, "extism", "",
		"program `PATH` that runs Extism's SDK (default the one that make build leaves)")
	return cmd
}

type hostTable struct{ *bench.HostReport }

func (t hostTable) rows() [][]string {
	rows := [][]string{{"LESS IS BETTER", "INOS P50", "P95", "EXTISM P50", "P95", "WITH TIMEOUT P50",
		"P95", "INOS/EXTISM"}}
	for _, r := range t.Rows {
		cells := append([]string{r.Title + ", " + r.Unit}, middle(&r.Inos)...)
		cells = append(append(cells, middle(r.Extism)...), middle(r.Stoppable)...)
		rows = append(rows, append(cells, measured(r.Ratio)))
	}
	return append(withReason(rows, "Extism", t.WhyNoExtism), t.explained()...)
}

// middle is a sample in two figures.
func middle(s *bench.Spread) []string {
	if s == nil {
		return []string{"-", "-"}
	}
	return []string{figure(s.P50), figure(s.P95)}
}

// explained says what was compared, and where INOS loses.
func (t hostTable) explained() (rows [][]string) {
	if t.Extism != nil {
		rows = append(rows, []string{fmt.Sprintf("%s in INOS and in Extism's go-sdk %s with wazero %s; "+
			"there no call can be stopped unless it has a timeout.", t.Plugin, shown(t.Extism.SDK),
			shown(t.Extism.Wazero))})
	}
	for _, r := range t.Rows {
		if r.Loses() {
			rows = append(rows, []string{strings.ToUpper(r.Title[:1]) + r.Title[1:] +
				": INOS loses, " + figure(r.Ratio) + " times: " + r.Why + "."})
		}
	}
	return rows
}
