// Tally keeps a sum in a variable, reads a setting, sleeps, and looks at the clock: what a WASI runtime does
// beside.
package main

import (
	"crypto/rand"
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

//go:wasmexport moment
func moment() int32 {
	var bytes [8]byte
	if _, err := rand.Read(bytes[:]); err != nil {
		pdk.SetError(err)
		return 1
	}
	pdk.OutputString(fmt.Sprintf("%d %x", time.Now().Year(), bytes))
	return 0
}

func main() {}
