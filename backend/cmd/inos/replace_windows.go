package main

import (
	"os"
	"os/exec"
)

// replace runs another program and ends with its exit code: Windows cannot become one.
func replace(path string, args []string) error {
	command := exec.Command(path, args...)
	command.Stdin, command.Stdout, command.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := command.Run(); command.ProcessState == nil {
		return err
	}
	os.Exit(command.ProcessState.ExitCode())
	return nil
}
