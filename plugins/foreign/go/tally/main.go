// Tally keeps a sum in a variable, reads a setting and sleeps: what a WASI runtime does beside.
package main

import (
	"fmt"
	"os"
	"time"

	"github.com/extism/go-pdk"
)

//go:wasmexport add
func add() {
	sum := pdk.GetVarInt("sum") + len(pdk.Input())
	pdk.SetVarInt("sum", sum)
	unit, ok := pdk.GetConfig("unit")
	if !ok {
		unit = "bytes"
	}
	pdk.OutputString(fmt.Sprintf("%d %s", sum, unit))
}

//go:wasmexport look_around
func lookAround() int32 {
	time.Sleep(3 * time.Second) // nobody waits for it: there is no clock
	_, noFile := os.ReadFile("/etc/passwd")
	_, noFolder := os.ReadDir("/")
	done := make(chan bool)
	go func() { done <- true }()
	fmt.Fprintln(os.Stderr, "looking around")
	pdk.OutputString(fmt.Sprintf("%d args, %d variables, file %t, folder %t, year %d, %t",
		len(os.Args), len(os.Environ()), noFile == nil, noFolder == nil, time.Now().Year(), <-done))
	return 0
}

func main() {}
