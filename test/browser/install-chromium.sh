#!/bin/sh
# Installs Debian's Chromium for the tests that drive a browser. Safe to run again: does nothing when it is there.
set -eu

if command -v chromium >/dev/null; then
  exit 0
fi
if ! command -v apt-get >/dev/null || [ "$(id -u)" -ne 0 ]; then
  echo "install-chromium: needs Debian's apt-get and root; or name a Chromium in the environment variable CHROMIUM" >&2
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq || echo "install-chromium: the package lists could not be refreshed; trying with those that are here" >&2
apt-get install -y -qq --no-install-recommends chromium >/dev/null
command -v chromium >/dev/null
