#!/bin/sh
# Installs what the example agents in shell and Python need: jq, curl, openssl, and the public MCP SDK for Python in an
# environment of its own. Safe to run again: does nothing for what is there.
set -eu
cd "$(dirname "$0")/../.."
venv=node_modules/.cache/lighthouse-python

missing=""
for tool in jq curl openssl python3; do
  command -v "$tool" >/dev/null || missing="$missing $tool"
done
if [ -n "$missing" ]; then
  if ! command -v apt-get >/dev/null || [ "$(id -u)" -ne 0 ]; then
    echo "install-tools: put these on PATH:$missing" >&2
    exit 1
  fi
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq || echo "install-tools: the package lists could not be refreshed; trying with those that are here" >&2
  # shellcheck disable=SC2086
  apt-get install -y -qq --no-install-recommends $missing python3-venv >/dev/null
fi
if ! "$venv/bin/python" -c "import mcp" 2>/dev/null; then
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check "mcp==2.3.0"
fi
