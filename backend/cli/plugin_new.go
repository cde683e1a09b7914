package cli

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"inos/backend/scaffold"
)

func (a *app) pluginNewCommand() *cobra.Command {
	var lang, dir string
	languages := strings.Join(scaffold.Languages(), ", ")
	cmd := &cobra.Command{
		Use:   "new NAME",
		Short: "Begin a plugin: write a project that builds, with a test",
		Long: "new writes a project with source, manifest, test and Makefile into a folder that it makes:\n" +
			"make builds the plugin, make test tests it, make install puts it where INOS finds it.\n" +
			"What the project needs of the SDK goes along. NAME has 1 to 23 of a-z, 0-9 and _.\n" +
			"Languages: " + languages + ".",
		Example: "  inos plugin new hello\n" +
			"  inos plugin new sparkle --lang c -o ~/plugins/sparkle",
		Args: oneArgument("NAME"),
		RunE: func(_ *cobra.Command, args []string) error {
			project, err := scaffold.New(cmp.Or(dir, args[0]), args[0], lang)
			if err != nil {
				return err
			}
			if a.global.json {
				return writeJSON(a.Stdout, project)
			}
			return a.printProject(project)
		},
	}
	cmd.Flags().StringVar(&lang, "lang", scaffold.Languages()[0], "write it in this `LANGUAGE`")
	cmd.Flags().StringVarP(&dir, "output", "o", "", "the `FOLDER` to make (default ./NAME)")
	return cmd
}

func (a *app) printProject(p *scaffold.Project) error {
	if p.Untested {
		fmt.Fprintf(a.Stderr, "no test builds the template for %s: tell us what does not work\n", p.Lang)
	}
	_, err := fmt.Fprintf(a.Stdout, "%s: a plugin in %s, %d files\nNext: cd %s, make, make test, make install\n",
		shown(p.Dir), p.Lang, len(p.Files), shown(p.Dir))
	return err
}
