// Plugins made with Extism's own Go package, and a WASI command: INOS has to run them unmodified. A
// module of its own, so that INOS does not depend on Extism.
module inos.foreign

go 1.26

require github.com/extism/go-pdk v1.1.3
