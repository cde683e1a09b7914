// Extism-host is the other side of `inos bench host`: it does with Extism's Go SDK what it is told,
// and says how long that took.
//
//	extism-host FILE SHA256
//
// FILE is the plugin, which the SDK refuses unless it has that hash. Each command is a line of JSON
// on the standard input, each answer a line on the standard output; the first line names the
// versions. It ends with its input.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"

	extism "github.com/extism/go-sdk"
)

// command is what to do: "load", "call", "hang" or "idle".
type command struct {
	Do    string `json:"do"`
	Cache string `json:"cache"` // a folder for machine code
	Input string `json:"input"` // the file with the input of each call
	Times int    `json:"times"` // how many calls, or how many plugins are to be idle
	// TimeoutMs is Extism's own limit of a call; 0: none, and then no call can be stopped.
	TimeoutMs uint64 `json:"timeout_ms"`
}

// answer has a time in nanoseconds for each thing done.
type answer struct {
	TookNs []int64 `json:"took_ns"`
	Sum    string  `json:"sum"` // SHA-256 of all outputs, one after the other
	Error  string  `json:"error"`
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "extism-host FILE SHA256: started by inos bench host")
		os.Exit(2)
	}
	h := &host{wasm: extism.WasmFile{Path: os.Args[1], Hash: os.Args[2]},
		open: map[uint64]*extism.Plugin{}}
	if err := h.serve(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func (h *host) serve(in io.Reader, out io.Writer) error {
	commands, answers := json.NewDecoder(in), json.NewEncoder(out)
	if err := answers.Encode(versions()); err != nil {
		return err
	}
	for {
		var c command
		if err := commands.Decode(&c); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		var a answer
		if err := h.do(c, &a); err != nil {
			a.Error = err.Error()
		}
		if err := answers.Encode(a); err != nil {
			return err
		}
	}
}

// versions are what is measured, as this program was built.
func versions() map[string]string {
	found := map[string]string{}
	info, _ := debug.ReadBuildInfo() // absent: no versions are named
	for _, module := range info.Deps {
		switch module.Path {
		case "github.com/extism/go-sdk":
			found["sdk"] = module.Version
		case "github.com/tetratelabs/wazero":
			found["wazero"] = module.Version
		}
	}
	return found
}
