#!/bin/sh
# Installs the Prometheus and Alertmanager that the operating tests run against (they bring promtool and amtool).
# Safe to run again: does nothing when the four programs are there. Needs root on Debian or a descendant of it.
# The packages would start their services on the default ports 9090 and 9093; the tests start their own on private
# ports, so starting is forbidden while they are installed.
set -eu

present() {
  command -v prometheus >/dev/null && command -v promtool >/dev/null &&
    command -v prometheus-alertmanager >/dev/null && command -v amtool >/dev/null
}

if present; then
  exit 0
fi
if ! command -v apt-get >/dev/null; then
  echo "install-servers: this script knows Debian's apt-get only; put prometheus, promtool, prometheus-alertmanager and amtool on PATH by other means" >&2
  exit 1
fi
if [ "$(id -u)" -ne 0 ]; then
  echo "install-servers: installing packages needs root; run it as root, or put prometheus, promtool, prometheus-alertmanager and amtool on PATH by other means" >&2
  exit 1
fi

policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
  trap 'rm -f "$policy"' EXIT
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq || echo "install-servers: the package lists could not be refreshed; trying with those that are here" >&2
apt-get install -y -qq --no-install-recommends prometheus prometheus-alertmanager >/dev/null

if ! present; then
  echo "install-servers: the packages prometheus and prometheus-alertmanager were installed, but their four programs are not all on PATH" >&2
  exit 1
fi
