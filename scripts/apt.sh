#!/usr/bin/env bash
# Install Debian or Ubuntu packages: scripts/apt.sh PACKAGE...
set -euo pipefail
as_root=""
[ "$(id -u)" = 0 ] || as_root="sudo"
command -v apt-get >/dev/null || { echo "This machine has no apt-get; please install: $*" >&2; exit 1; }
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -qq
$as_root apt-get install -y -qq --no-install-recommends "$@" >/dev/null
