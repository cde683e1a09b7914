//go:build desktop

package frames

import _ "embed" // the web process extension, which the Makefile builds from webext/webext.c

//go:embed webext/libinos_webext.so
var extensionLibrary []byte
