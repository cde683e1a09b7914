// The runtime must not read the control group's limits or the affinity mask later on, nor name its
// mappings: the sandbox forbids it, and the first attempt would end the process.
//
//go:debug containermaxprocs=0
//go:debug updatemaxprocs=0
//go:debug decoratemappings=0

// Command inos-worker is the sandboxed process in which one plugin runs. The kernel starts it with
// a control socket as descriptor 3; nobody else has a use for it.
package main

import (
	"os"

	"inos/backend/host/worker"
)

// socket is the first descriptor after the standard ones.
const socket = 3

func main() { os.Exit(worker.Run(socket)) }
