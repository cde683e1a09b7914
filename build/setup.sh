#!/usr/bin/env bash
# Installs what INOS is built with: apt packages, the wasm target, Go modules, crates, npm packages.
# Does nothing that is done already; run again at will. Called by `make setup`.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf 'setup: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

packages=(
  build-essential pkg-config libgtk-3-dev libwebkit2gtk-4.1-dev # the window
  capnproto clang lld                                           # schemas, C plugins
  wasi-libc libclang-rt-dev-wasm32                              # WASI programs for the tests
  xvfb xauth libgl1-mesa-dri libegl1 libgl1 fonts-dejavu-core   # tests of the real window
  webkit2gtk-driver imagemagick xdotool
  fonts-hack                                                    # what the image unit writes with
  minisign                                                      # the judge of our signatures
  sox libsox-fmt-mp3 flac ffmpeg python3-numpy python3-scipy    # the judges of the unit audio
  restic zstd                                                   # what the store is measured beside
  age argon2 b3sum libgfshare-bin openssl python3-jwt python3-cryptography # the judges of the crypto unit
  python3-numpy python3-scipy                                   # the judges of the image and math units
  sqlite3                                                       # the judge of the data unit
  dbus gnome-keyring                                            # a keychain for tests
)

check_system() {
  [ "$(uname -s)" = Linux ] || die "INOS builds on Linux so far (Debian 12, Ubuntu 24.04); this is $(uname -s)"
  command -v apt-get >/dev/null || die "apt-get not found: install the Debian packages ${packages[*]} by your own means, then run make build"
}

# need PROGRAM MINIMUM VERSION HOW
need() {
  command -v "$1" >/dev/null || die "$1 not found: install $4"
  [ "$(printf '%s\n%s\n' "$2" "$3" | sort -V | head -n 1)" = "$2" ] || die "$1 is $3, at least $2 is needed: install $4"
}

check_tools() {
  need go 1.26 "$(go env GOVERSION 2>/dev/null | sed 's/^go//')" "Go 1.26 from go.dev/dl"
  need cargo 1.90 "$(cargo --version 2>/dev/null | cut -d' ' -f2)" "Rust by rustup from rustup.rs"
  need node 20.19 "$(node --version 2>/dev/null | sed 's/^v//')" "Node.js 20.19 or newer from nodejs.org"
  need npm 10 "$(npm --version 2>/dev/null)" "npm 10 or newer, which comes with Node.js"
}

install_packages() {
  local missing=()
  for p in "${packages[@]}"; do
    dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'install ok installed' || missing+=("$p")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  local sudo=()
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || die "run as root or install sudo: apt-get install ${missing[*]}"
    sudo=(sudo)
  fi
  say "installing ${missing[*]}"
  "${sudo[@]}" apt-get update -q
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"
}

# The environment for cargo with the wasm target; kept outside the checkout, since building the
# target takes a minute.
wasm_target() {
  mkdir -p build/cache
  build/wasm-toolchain.sh "${XDG_CACHE_HOME:-$HOME/.cache}/inos/rust-wasm" >build/cache/wasm.env.new
  cmp -s build/cache/wasm.env.new build/cache/wasm.env || cp build/cache/wasm.env.new build/cache/wasm.env
  rm build/cache/wasm.env.new
}

# npm_packages FOLDER COPY: node_modules is as good as the lock file it was made from.
npm_packages() {
  cmp -s "$1/package-lock.json" "build/cache/$2" && [ -d "$1/node_modules" ] && return 0
  say "installing npm packages of $1"
  npm --prefix "$1" ci --no-audit --no-fund
  cp "$1/package-lock.json" "build/cache/$2"
}

check_system
install_packages
check_tools
wasm_target
go mod download
cargo fetch --quiet --locked --manifest-path plugins/Cargo.toml
cargo fetch --quiet --locked --manifest-path plugins/foreign/rust/Cargo.toml
for module in plugins/foreign/go plugins/foreign/oracle; do (cd $module && go mod download); done
npm_packages frontend package-lock.json
npm_packages plugins/foreign/assemblyscript foreign-package-lock.json
