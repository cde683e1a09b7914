package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// opHelp explains an op as its manifest does.
func (a *app) opHelp(cmd *cobra.Command, name string) error {
	unit, op, err := splitOp(cmd, name)
	if err != nil {
		return err
	}
	n, err := a.open(cmd.Context())
	if err != nil {
		return err
	}
	defer n.Close()
	found, err := n.FindOp(unit, op)
	if err != nil {
		return err
	}
	for line := range strings.Lines(found.Op.Explain(unit)) {
		if _, err := fmt.Fprintln(a.Stdout, shown(strings.TrimSuffix(line, "\n"))); err != nil {
			return err
		}
	}
	return nil
}

// completeOp offers the ops that there are.
func (a *app) completeOp(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	n, err := a.open(cmd.Context())
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	defer n.Close()
	var ops []string
	for _, u := range n.Units() {
		for i := range u.Ops {
			ops = append(ops, cobra.CompletionWithDesc(u.Name+"."+u.Ops[i].Name, shown(u.Ops[i].Doc)))
		}
	}
	return ops, cobra.ShellCompDirectiveNoFileComp
}

// completeParam offers the parameters of the op, and the options of a choice.
func (a *app) completeParam(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
	if len(args) == 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	unit, op, err := splitOp(cmd, args[0])
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	n, err := a.open(cmd.Context())
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	defer n.Close()
	found, err := n.FindOp(unit, op)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var out []string
	for i := range found.Op.Params {
		p := &found.Op.Params[i]
		name := p.Name + "="
		switch {
		case strings.HasPrefix(begun, name):
			for _, option := range p.Options {
				out = append(out, name+option)
			}
		case strings.HasPrefix(name, begun) && !p.Hidden:
			out = append(out, cobra.CompletionWithDesc(name, shown(p.Doc)))
		}
	}
	return out, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}
