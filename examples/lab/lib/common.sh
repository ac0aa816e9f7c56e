# Names, addresses and the few verbs every other part uses. Sourced, never run.
# shellcheck shell=bash disable=SC2034

export LC_ALL=C # EPOCHREALTIME and sort must not depend on the caller's language

LAB_HOME=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
LIB=$LAB_HOME/target/lib # the built engine
STATE=${HOLDFAST_LAB_DIR:-/var/tmp/holdfast-lab}
CACHE=$STATE/cache
SHARED=$STATE/shared
OWNER_FILE=/run/holdfast-lab.owner

HOSTS=(host1 host2 host3)
GUESTS=(web db mail cache batch build)

SWITCH=hf-net # the namespace of the switch room: bridge, BMCs, observers
NETWORK=10.77.0
OBSERVER_ADDRESS=$NETWORK.1

READY_SECONDS=60 # for a host's libvirtd: enough to be started anew twice on a busy machine
GONE_SECONDS=10 # for the processes of a host whose power was cut
BOOT_SECONDS=10 # for the first process of a host whose power comes on

progress() { if [[ -t 2 || -n ${HOLDFAST_LAB_VERBOSE:-} ]]; then printf 'lab: %s\n' "$*" >&2; fi; }
note() { printf 'lab: %s\n' "$*" >&2; }
fail() {
  printf 'lab: error: %s\n' "$*" >&2
  exit 1
}
misuse() {
  printf 'lab: error: %s\n' "$*" >&2
  exit 2
}

number_of() { printf '%s' "${1##host}"; }
host_address() { printf '%s.1%s' "$NETWORK" "$(number_of "$1")"; }
bmc_address() { printf '%s.2%s' "$NETWORK" "$(number_of "$1")"; }
host_dir() { printf '%s/hosts/%s' "$STATE" "$1"; }
host_namespace() { printf 'hf-%s' "$1"; }

require_root() { [[ $EUID -eq 0 ]] || fail "the lab makes namespaces and bridges: run it as root"; }

require_state_path() {
  [[ $STATE =~ ^/[A-Za-z0-9._/-]+$ && $STATE != / && $STATE != *..* ]] ||
    misuse "HOLDFAST_LAB_DIR is '$STATE': an absolute path of letters, digits and ._/- is needed"
}

require_host() {
  local known
  for known in "${HOSTS[@]}"; do [[ ${1:-} == "$known" ]] && return 0; done
  misuse "unknown host '${1:-}': one of ${HOSTS[*]} is needed"
}

require_up() {
  require_root
  [[ -e $STATE/up ]] || fail "the lab is not up: run 'lab up' first"
}

now_millis() {
  local micros=${EPOCHREALTIME/./}
  printf '%s' "${micros:0:-3}"
}

# event WHAT HOST [AT_MILLIS]: one line of the lab's own record of what it did to whom.
event() {
  printf '{"atMillis":%s,"what":"%s","host":"%s"}\n' "${3:-$(now_millis)}" "$1" "$2" >>"$STATE/events.log"
}

# wait_for SECONDS COMMAND...: polls until the command succeeds; fails when the time is over.
wait_for() {
  local deadline=$(($(now_millis) + $1 * 1000))
  shift
  until "$@"; do
    (($(now_millis) < deadline)) || return 1
    sleep 0.02
  done
}

# with_lock FILE COMMAND...: one at a time. The lock's descriptor is 9; what outlives the command must close it.
with_lock() {
  local file=$1
  shift
  (
    flock -w 60 9 || fail "another lab command has held $file for a minute"
    "$@"
  ) 9>>"$file"
}
