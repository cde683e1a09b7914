# Builds the plugins: cargo or clang makes wasm, `inos plugin pack` writes the manifest into it.
# Included by the root Makefile; needs build/bin/inos, build/bin/inos-worker and build/cache/wasm.env.
.PHONY: plugins-wasm plugins-rust plugins-c plugins-native

plugin_raw := plugins/target/wasm32-unknown-unknown/release
plugin_c   := plugins/target/c
# The units that ship.
units := audio boids crypto data image math
# Packing loads a plugin. These are our own: they may be built where a sandbox cannot be closed.
pack = build/bin/inos plugin pack --allow-no-seccomp $(1) --manifest $(2) -o $(3)

# As plugins/SPEC.md gives it, and strict.
plugin_cc := clang --target=wasm32 -std=c11 -O2 -msimd128 -mbulk-memory -fno-math-errno -nostdlib \
  -Wall -Wextra -Werror -Wl,--no-entry -Wl,--stack-first -Wl,-z,stack-size=65536

plugins-wasm: plugins-rust plugins-c
	@mkdir -p build/bin/plugins build/bin/examples build/test
	@$(MAKE) --no-print-directory $(units:%=build/bin/plugins/%.wasm)
	@$(call pack,$(plugin_raw)/adder.wasm,plugins/examples/adder/manifest.json,build/bin/examples/adder.wasm)
	@$(call pack,$(plugin_c)/sparks.wasm,plugins/examples/sparks/manifest.json,build/bin/examples/sparks.wasm)
	@$(call pack,$(plugin_c)/outside.wasm,plugins/examples/outside/manifest.json,build/bin/examples/outside.wasm)
	@$(call pack,$(plugin_raw)/outside.wasm,plugins/examples/outside/manifest.json,build/test/outside-rust.wasm)
	@$(call pack,$(plugin_raw)/hostile.wasm,plugins/hostile/manifest.json,build/test/hostile.wasm)
	@$(call pack,$(plugin_c)/ring.wasm,$(plugin_c)/ring.json,build/test/ring.wasm)

# Packing compiles a plugin, which takes a second per megabyte: only what is new is packed.
build/bin/plugins/%.wasm: $(plugin_raw)/inos_%.wasm plugins/%/manifest.json plugins/plugins.mk
	@$(call pack,$<,plugins/$*/manifest.json,$@)

# cargo reads plugins/.cargo/config.toml only from within; flags from outside would replace it. math is built by
# itself: what is built together shares its dependencies' features, and image's turn on instructions that no
# runtime has by default.
cargo_wasm = env -u RUSTFLAGS -u CARGO_TARGET_DIR $$(cat ../build/cache/wasm.env) \
  cargo build --quiet --release --locked --offline --target wasm32-unknown-unknown --lib
plugins-rust:
	@cd plugins && $(cargo_wasm) -p inos-math
	@cd plugins && $(cargo_wasm) $(patsubst %,-p inos-%,$(filter-out math,$(units))) -p adder -p outside -p hostile

# The example of the specification is built from its text, so that it stays true.
plugins-c:
	@mkdir -p $(plugin_c)
	@$(plugin_cc) -o $(plugin_c)/sparks.wasm plugins/examples/sparks/sparks.c
	@$(plugin_cc) -Iplugins -o $(plugin_c)/outside.wasm plugins/examples/outside/outside.c
	@sed -n '/^```c$$/,/^```$$/{/^```/!p}' plugins/SPEC.md >$(plugin_c)/ring.c
	@sed -n '/^```json$$/,/^```$$/{/^```/!p}' plugins/SPEC.md >$(plugin_c)/ring.json
	@$(plugin_cc) -Wno-unused-parameter -o $(plugin_c)/ring.wasm $(plugin_c)/ring.c

# The same flock as a native program: what `inos bench flock` compares the plugin with.
plugins-native:
	@mkdir -p build/bin
	@cd plugins && env -u RUSTFLAGS -u CARGO_TARGET_DIR cargo build --quiet --release --locked --offline -p inos-boids --bins
	@cp plugins/target/release/flock_native build/bin/flock-native
