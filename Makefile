# INOS: `make run` opens the window, `make test` proves that it works. Each sets up what it needs
# on a fresh Debian 12 or Ubuntu 24.04 with Go, Rust (rustup), Node and npm.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := build
.PHONY: setup run build test check bench fuzz kills gen package clean programs plugins frontend desktop

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS := -s -w -X inos/backend/cli.version=$(VERSION)
STATIC  := CGO_ENABLED=0 go build -trimpath
DESKTOP_TAGS := desktop,production,webkit2_41

setup:
	@build/setup.sh

# Opens the window; without a display the flock runs in the terminal for ten seconds.
run: build
	@if [ -n "$${DISPLAY:-}$${WAYLAND_DISPLAY:-}" ]; then exec build/bin/inos $(ARGS); fi; \
	build/bin/inos live boids --seconds 10 $(ARGS); \
	echo "No display here, so that was the flock without its window. To see it: run this on a desktop, or"; \
	echo "  xvfb-run -s '-screen 0 1280x800x24' build/bin/inos"

build: setup
	@$(MAKE) --no-print-directory programs plugins frontend
	@$(MAKE) --no-print-directory desktop

# The static programs. The worker is minimal: it starts often.
programs:
	@mkdir -p build/bin build/test
	@$(STATIC) -ldflags '$(LDFLAGS)' -o build/bin/inos ./backend/cmd/inos
	@$(STATIC) -ldflags '-s -w' -o build/bin/inos-worker ./backend/cmd/inos-worker

include plugins/plugins.mk
include plugins/foreign/foreign.mk
plugins: programs plugins-wasm plugins-native foreign

frontend: frontend/dist/index.html
frontend/dist/index.html: $(shell find frontend/src frontend/index.html frontend/package-lock.json frontend/vite.config.ts -type f 2>/dev/null)
	@npm --prefix frontend run --silent build
	@touch $@

# The web process extension is embedded in the desktop program.
webext := backend/frames/webext/libinos_webext.so
$(webext): backend/frames/webext/webext.c backend/frames/webext/layout_gen.h
	@cc -shared -fPIC -O2 -Wall -Wextra -Werror -o $@ $< $$(pkg-config --cflags --libs webkit2gtk-web-extension-4.1)

# The automation build answers to WebKitWebDriver; only the end-to-end tests use it.
desktop: frontend $(webext)
	@go build -trimpath -tags $(DESKTOP_TAGS) -ldflags '$(LDFLAGS) -X main.version=$(VERSION)' -o build/bin/inos-desktop .
	@go build -trimpath -tags $(DESKTOP_TAGS),automation -ldflags '$(LDFLAGS)' -o build/test/inos-desktop-automation .

test: build
	@build/test.sh

check: build
	@build/check.sh

bench: build
	@build/bench.sh

# Each fuzz test for FUZZTIME.
FUZZTIME ?= 60s
fuzz:
	@for pkg in $$(go list ./backend/...); do \
	  for f in $$(go test -list '^Fuzz' $$pkg 2>/dev/null | grep '^Fuzz' || true); do \
	    echo "$$pkg $$f"; go test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) $$pkg; done; done

# What the tests prove of the store in a few rounds, in so many.
KILLS ?= 1000
kills:
	@INOS_KILLS=$(KILLS) go test -count=1 -timeout 30m -v ./backend/cli \
	  -run 'TestAKillLosesNothingOfTheStore|TestAnyBitThatFlips|TestTheProgramFindsAndMends|TestATreeOfEverything|TestAnInsertion'

# Everything that comes from the schemas, and the lists of ops in the units' READMEs.
gen:
	@schemas/gen/generate.sh
	@go test -count=1 ./plugins -run TestTheReadmesListTheOps -update >/dev/null

# One archive that runs where it is unpacked.
package: build
	@rm -rf build/package && mkdir -p build/package/inos/plugins build/package/inos/examples
	@cp build/bin/inos build/bin/inos-worker build/bin/inos-desktop README.md LICENSE CHANGELOG.md build/package/inos/
	@cp build/bin/plugins/*.wasm build/package/inos/plugins/ && cp build/bin/examples/*.wasm build/package/inos/examples/
	@tar -C build/package --owner=0 --group=0 -czf build/package/inos-$(VERSION)-linux-$$(go env GOARCH).tar.gz inos
	@ls -l build/package/*.tar.gz

clean:
	@rm -rf build/bin build/test build/screens build/logs build/package build/cache frontend/dist frontend/node_modules plugins/foreign/assemblyscript/node_modules plugins/target $(webext)
