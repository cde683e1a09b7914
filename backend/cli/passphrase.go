package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"inos/backend/fault"
	"inos/backend/input"
	"inos/backend/trust"
)

const (
	passphraseVariable = "INOS_PASSPHRASE"
	passphraseFlag     = "passphrase-fd"
	passphraseUsage    = "read the passphrase from this open file descriptor `N` (0: standard input)"
)

// maxPassphraseText bounds what is read for a passphrase; trust says how long one may be.
const maxPassphraseText = 4 << 10

// passphrase says where the passphrase of a secret key comes from. It is never an argument: those
// are seen by every program of the machine.
type passphrase struct {
	fd int // -1: none was given
}

func (p *passphrase) register(cmd *cobra.Command) {
	cmd.Flags().IntVar(&p.fd, passphraseFlag, -1, passphraseUsage)
}

// readPassphrase takes the passphrase from the descriptor, the environment or the terminal, in this
// order. A new one is asked for twice.
func (a *app) readPassphrase(ctx context.Context, p passphrase, isNew bool) (string, error) {
	words, err := a.anyPassphrase(ctx, p, isNew)
	if err == nil && words == "" {
		err = errors.New("an empty passphrase protects nothing")
	}
	if err == nil {
		err = trust.CheckPassphrase(words)
	}
	if fault.KindOf(err) == fault.Canceled {
		return "", err
	}
	return words, fault.Wrap("passphrase", fault.Invalid, "passphrase", err, "")
}

func (a *app) anyPassphrase(ctx context.Context, p passphrase, isNew bool) (string, error) {
	if p.fd >= 0 {
		return a.passphraseFrom(ctx, p.fd)
	}
	if words := a.Getenv(passphraseVariable); words != "" {
		return words, nil
	}
	file, ok := a.keyboard()
	if !ok {
		return "", fmt.Errorf("there is no terminal to ask at: give --passphrase-fd N or set %s",
			passphraseVariable)
	}
	if !isNew {
		words, err := a.ask(ctx, file, "Passphrase: ")
		return words[0], err
	}
	return a.askTwice(ctx, file, "Passphrase: ")
}

// keyboard is the terminal that can be asked.
func (a *app) keyboard() (*os.File, bool) {
	file, ok := a.Stdin.(*os.File)
	return file, ok && term.IsTerminal(int(file.Fd()))
}

// askTwice asks for what nobody could see being mistyped.
func (a *app) askTwice(ctx context.Context, file *os.File, prompt string) (string, error) {
	words, err := a.ask(ctx, file, prompt, "Once more: ")
	if err == nil && words[0] != words[1] {
		err = errors.New("the two differ")
	}
	return words[0], err
}

// passphraseFrom reads the first line.
func (a *app) passphraseFrom(ctx context.Context, fd int) (string, error) {
	reader, err := a.descriptor(fd)
	if err != nil {
		return "", err
	}
	text, err := input.Stream(fmt.Sprintf("descriptor %d", fd), reader).
		ReadAll(ctx, maxPassphraseText)
	if errors.Is(err, syscall.EBADF) {
		err = notOpen(fd)
	}
	line, _, _ := bytes.Cut(text, []byte("\n"))
	return string(bytes.TrimSuffix(line, []byte("\r"))), err
}

func notOpen(fd int) error {
	return fault.New("passphrase", fault.Invalid, fmt.Sprintf("descriptor %d", fd), "it is not open",
		fmt.Sprintf("let the shell open it, like %d<FILE at the end of the command", fd))
}

// descriptor is an open file of this process; 0 is the standard input.
func (a *app) descriptor(fd int) (io.Reader, error) {
	if fd != 0 {
		file := os.NewFile(uintptr(fd), "descriptor")
		if file == nil {
			return nil, notOpen(fd)
		}
		return file, nil
	}
	if a.Stdin == nil {
		return nil, errors.New("there is no standard input")
	}
	return a.Stdin, nil
}

// ask reads a line for each prompt from the terminal without showing it, and leaves the terminal as
// it was, also when ctx ends.
func (a *app) ask(ctx context.Context, file *os.File, prompts ...string) ([]string, error) {
	words := make([]string, len(prompts))
	before, err := term.MakeRaw(int(file.Fd()))
	if err != nil {
		return words, err
	}
	defer func() { _ = term.Restore(int(file.Fd()), before) }() // nowhere left to report to
	terminal := term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{file, a.Stderr}, "")
	for i, prompt := range prompts {
		var typed string
		err := interruptible(ctx, func() (err error) {
			typed, err = terminal.ReadPassword(prompt)
			return err
		})
		if errors.Is(err, io.EOF) { // Ctrl+C, which is no signal here, or Ctrl+D
			what := strings.TrimSuffix(prompt, ": ")
			err = fault.New("terminal.ask", fault.Canceled, what, "interrupted", "")
		}
		if err != nil {
			fmt.Fprint(a.Stderr, "\r\n")
			return words, err
		}
		words[i] = typed
	}
	return words, nil
}
