// Package plugins holds what a new plugin project carries along: the SDK as it lies in this folder.
// A package can embed only what lies below it, so this one is here and has no copy to go stale.
package plugins

import "embed"

// Kit has the Rust crates with their workspace, and the C header.
//
//go:embed Cargo.toml inos.h
//go:embed abi/Cargo.toml abi/src sdk/Cargo.toml sdk/src testkit/Cargo.toml testkit/src
var Kit embed.FS
