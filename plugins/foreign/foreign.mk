# Builds what the tests run unmodified: plugins by Extism's own kits, WASI programs, and the programs
# that run the same plugins with Extism's Go SDK. Included by the root Makefile.
.PHONY: foreign foreign-rust foreign-assemblyscript foreign-go foreign-wasi foreign-oracle

foreign_out := build/test/foreign
foreign_rust := plugins/target/foreign
wasip1 := GOOS=wasip1 GOARCH=wasm go build -trimpath -ldflags '-s -w'

foreign: foreign-rust foreign-assemblyscript foreign-go foreign-wasi foreign-oracle

# RUSTFLAGS is set, to nothing: the flags of our own plugins are not for these.
foreign-rust:
	@mkdir -p $(foreign_out)
	@cd plugins/foreign/rust && env RUSTFLAGS= CARGO_TARGET_DIR=$(CURDIR)/$(foreign_rust) \
	  $$(cat ../../../build/cache/wasm.env) \
	  cargo build --quiet --release --locked --offline --target wasm32-unknown-unknown
	@cp $(foreign_rust)/wasm32-unknown-unknown/release/{vowels,ledger,fetch,mirror}.wasm $(foreign_out)/

foreign-assemblyscript:
	@mkdir -p $(foreign_out)
	@cd plugins/foreign/assemblyscript && for n in greet memo; do \
	  node_modules/.bin/asc $$n.ts -O --outFile ../../../$(foreign_out)/$$n.wasm --use abort=$$n/myAbort; done

foreign-go:
	@mkdir -p $(foreign_out)
	@cd plugins/foreign/go && for n in words tally; do \
	  $(wasip1) -buildmode=c-shared -o ../../../$(foreign_out)/$$n.wasm ./$$n; done
	@cd plugins/foreign/go && $(wasip1) -o ../../../$(foreign_out)/wordcount.wasm ./wordcount

foreign-wasi:
	@mkdir -p $(foreign_out)
	@for n in upper shelf moment; do clang --target=wasm32-wasi -O2 -Wall -Wextra -Werror -Wl,--strip-debug \
	  -o $(foreign_out)/$$n.wasm plugins/foreign/wasi/$$n.c; done

foreign-oracle:
	@cd plugins/foreign/oracle && $(STATIC) -o ../../../build/test/extism-call . && \
	  $(STATIC) -o ../../../build/test/extism-host ./host
