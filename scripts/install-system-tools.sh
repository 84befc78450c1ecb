#!/usr/bin/env bash
# Installs the programs that `npm test` runs beside Node, from Debian's or Ubuntu's packages, where it may: as root or
# with a sudo that asks for no password, and says so first. Otherwise it names the command. No service is started.
# ECR_LOCAL_SKIP_INSTALL=1 keeps `npm test` from running this.
set -euo pipefail

packages=()
need() { # need <program> <package>
  PATH="$PATH:/usr/sbin:/sbin" command -v "$1" >/dev/null 2>&1 && return
  [[ " ${packages[*]:-} " == *" $2 "* ]] || packages+=("$2")
}
need aws awscli
need buildah buildah
# On Ubuntu the package `chromium` installs a snap; GitHub's runners have Chrome.
need_browser() { # need_browser <program>...
  local program
  for program in "$@"; do PATH="$PATH:/usr/sbin:/sbin" command -v "$program" >/dev/null 2>&1 && return; done
  packages+=(chromium)
}
need_browser chromium google-chrome chromium-browser
need containerd containerd
need ctr containerd
need docker docker.io
need docker-credential-ecr-login amazon-ecr-credential-helper
need docker-compose docker-compose
need dockerd docker.io
need docker-registry docker-registry
need fish fish
need ip iproute2
need iptables iptables
need nginx nginx-light
need podman podman
need redis-server redis-server
need redis-sentinel redis-sentinel
need skopeo skopeo
need zsh zsh
/usr/bin/python3 -c "import boto3" 2>/dev/null || packages+=(python3-boto3)
/usr/bin/python3 -c "import pytest" 2>/dev/null || packages+=(python3-pytest)
[ "${#packages[@]}" -eq 0 ] && exit 0

command_line="apt-get update && apt-get install --yes --no-install-recommends ${packages[*]}"
if ! command -v apt-get >/dev/null 2>&1; then
  echo "The specs with real clients need: ${packages[*]} (packages of Debian). There is no apt-get here to install them with." >&2
  exit 1
fi
if [ "$(id -u)" -eq 0 ]; then
  as_root=(bash -c)
elif sudo -n true 2>/dev/null; then
  as_root=(sudo -n bash -c)
else
  echo "The specs with real clients need system tools. Install them with: sudo sh -c '$command_line'" >&2
  exit 1
fi

echo "Installing from this system's packages what the specs run beside Node: ${packages[*]}."
echo "They stay installed; no service is started. ECR_LOCAL_SKIP_INSTALL=1 leaves them out, and skips what needs them."
"${as_root[@]}" '
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  # https://people.debian.org/~hmh/invokerc.d-policyrc.d-specification.txt: 101 forbids starting what is installed.
  printf "#!/bin/sh\nexit 101\n" >"$policy"
  chmod 755 "$policy"
  trap "rm -f $policy" EXIT
fi
apt-get update --quiet
# Newer releases ship the docker command apart from its daemon.
packages="$*"
case " $packages " in *" docker.io "*) [ -z "$(apt-cache search --names-only "^docker-cli\$")" ] || packages="$packages docker-cli" ;; esac
apt-get install --yes --no-install-recommends --quiet $packages
' install "${packages[@]}"
