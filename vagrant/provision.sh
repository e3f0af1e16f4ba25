#!/bin/sh
# SPDX-License-Identifier: MIT
# Makes a fresh Debian ready for the kernel module: builds it for the running kernel, loads it and runs
# its tests. Vagrantfile calls this; it also serves on any Debian machine that may be broken.
#
#   sh vagrant/provision.sh [DIRECTORY OF THE CHECKOUT]
set -eu
checkout=$(realpath "${1:-$(dirname "$0")/..}")
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT

export DEBIAN_FRONTEND=noninteractive
apt-get update -q
apt-get install -y -q --no-install-recommends \
  "linux-headers-$(uname -r)" gcc libc6-dev make kmod pahole

# A copy: the checkout may be shared with a host that has another kernel.
cp -r "$checkout/kernel-module/." "$build"
make -C "$build" clean
make -C "$build" modules
make -C "$build/selftest" CC=gcc

modprobe -a zram hwpoison-inject || true
UPM_KO=$build/upm.ko "$build/selftest/upm_selftest"

make -C "$build" install
depmod
modprobe upm
echo "The module is loaded: $(dmesg | grep 'upm: ' | tail -n 1)"
