#!/usr/bin/env bash
# wasm-toolchain.sh DIR: prints the environment (KEY=VALUE lines) with which
# `cargo build --target wasm32-unknown-unknown` works.
#  1. rustup's own target, if it is there or can be added;
#  2. else Debian's rustc-web and rust-web-src, unpacked below DIR without root: its std is built
#     once and put where a shipped target would have it. rustup's cargo drives it.
set -euo pipefail
target=wasm32-unknown-unknown
dir=$(mkdir -p "$1" && cd "$1" && pwd)
rustup_patience=300 # seconds until a hanging download counts as failed

has_target() {
  [ -n "$(ls "$("$1" --print sysroot)/lib/rustlib/$target/lib/"libstd-*.rlib 2>/dev/null)" ]
}

from_rustup() {
  has_target rustc && return 0
  command -v rustup >/dev/null || return 1
  RUST_BACKTRACE=0 timeout "$rustup_patience" rustup target add "$target" >&2 && has_target rustc
}

# Unpacks compiler, std and the sources of std; prints nothing. A subshell: the folder it works in
# is removed later.
unpack_debian() (
  mkdir -p "$dir/debs" "$dir/root"
  cd "$dir/debs"
  local version upstream series llvm package
  version=$(apt-cache policy rust-web-src | awk '/Candidate/{print $2}')
  upstream=${version%%+*} # 1.96.0+dfsg1-1~deb12u2 -> 1.96.0
  series=${upstream%.*}   # -> 1.96
  llvm=$(apt-cache depends "libstd-rust-web-$series" | awk '/Depends: libllvm/{print $2}')
  apt-get download -q "rustc-web=$version" "libstd-rust-web-$series=$version" \
    "libstd-rust-web-dev=$version" "rust-web-src=$version" "$llvm" >&2
  for package in *.deb; do
    case $package in
      rust-web-src*) dpkg --fsys-tarfile "$package" | tar -x -C "$dir/root" --wildcards './usr/src/rustc-*/library' './usr/lib/rustlib/src' ;;
      *) dpkg -x "$package" "$dir/root" ;;
    esac
  done
)

write_wrapper() {
  printf '#!/bin/sh\nLD_LIBRARY_PATH=%s/root/usr/lib/%s:%s/root/usr/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} exec %s/root/usr/bin/rustc "$@"\n' \
    "$dir" "$(uname -m)-linux-gnu" "$dir" "$dir" >"$wrapper"
  chmod +x "$wrapper"
}

# Builds std for the target through an empty crate and installs the rlibs.
build_std() {
  local seed=$dir/seed sources out file
  rm -rf "$seed" && mkdir -p "$seed/src"
  echo '#![no_std]' >"$seed/src/lib.rs"
  printf '[package]\nname="seed"\nversion="0.0.0"\nedition="2021"\n[profile.release]\nopt-level=3\npanic="abort"\nlto=true\ncodegen-units=1\n[workspace]\n' >"$seed/Cargo.toml"
  sources=$(echo "$dir"/root/usr/src/rustc-*/library)
  (cd "$seed" && env -u CARGO_TARGET_DIR -u RUSTFLAGS RUSTC="$wrapper" RUSTC_BOOTSTRAP=1 CARGO_HOME="$seed/home" \
    cargo build -q --release --offline --target $target -Zbuild-std=std,panic_abort \
    --config 'source.crates-io.replace-with="v"' --config "source.v.directory=\"$sources/vendor\"" >&2)
  out=$dir/root/usr/lib/rustlib/$target/lib
  mkdir -p "$out"
  for file in "$seed/target/$target/release/deps/"lib*.rlib; do
    case $file in */libseed*) ;; *) cp "$file" "$out/" ;; esac
  done
  rm -rf "$seed" "$dir/debs" "$dir/root/usr/src" "$dir/root/usr/share"
}

# Debian's rustc-web ships no linker: rustup's, else that of an lld package.
find_linker() {
  local l
  for l in "$(rustc --print sysroot 2>/dev/null)"/lib/rustlib/*/bin/rust-lld "$(command -v wasm-ld || true)" /usr/bin/wasm-ld-*; do
    [ -x "$l" ] && { echo "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=$l"; return 0; }
  done
  echo "wasm-toolchain: no wasm linker found: apt-get install lld" >&2
  return 1
}

if from_rustup; then
  echo "RUSTC=$(rustup which rustc 2>/dev/null || command -v rustc)"
  exit 0
fi
echo "wasm-toolchain: rustup cannot add $target, taking Debian's packages" >&2
wrapper=$dir/rustc-wasm
if [ ! -x "$wrapper" ] || ! has_target "$wrapper"; then
  unpack_debian
  write_wrapper
  build_std
fi
echo "RUSTC=$wrapper"
find_linker
