# A host: namespaces with a life of their own, begun by host-init and ended by a power cut. Sourced, never run.
# shellcheck shell=bash

# host_prepare HOST: its directories and its configuration. Power is off.
host_prepare() {
  local host=$1 dir number address
  dir=$(host_dir "$host")
  number=$(number_of "$host")
  address=$(host_address "$host")
  mkdir -p "$dir"/{boot.d,log/libvirt,lib/libvirt,cache/libvirt,etc/libvirt/qemu/networks,tmp}
  if [[ -d $CACHE/libvirt ]]; then cp -a "$CACHE/libvirt/." "$dir/cache/libvirt/"; fi
  local template
  for template in libvirtd.conf qemu.conf qemu-lockd.conf; do
    sed -e "s|@ADDRESS@|$address|" -e "s|@NUMBER@|$number|" -e "s|@LOCKSPACE@|$SHARED/lockspace|" \
      "$LAB_HOME/templates/$template" >"$dir/etc/libvirt/$template"
  done
  : >"$dir/etc/libvirt/virtlogd.conf"
  : >"$dir/etc/libvirt/virtlockd.conf"
  printf '%s\n' "$host" >"$dir/etc/hostname"
  {
    printf '127.0.0.1 localhost\n'
    local other
    for other in "${HOSTS[@]}"; do printf '%s %s\n' "$(host_address "$other")" "$other"; done
    for other in "${HOSTS[@]}"; do printf '%s %s-bmc\n' "$(bmc_address "$other")" "$other"; done
  } >"$dir/etc/hosts"
  private_accounts "$dir/etc"
  printf 'off\n' >"$dir/power"
}

# private_accounts DIR: libvirtd insists on its package's account even where everything runs as root. It gets one that
# the machine itself never sees.
private_accounts() {
  local account=libvirt-qemu id=64055
  cp /etc/passwd /etc/group "$1/"
  grep -q "^$account:" "$1/group" || printf '%s:x:%s:\n' "$account" "$id" >>"$1/group"
  grep -q "^kvm:" "$1/group" || printf 'kvm:x:%s:\n' $((id - 1)) >>"$1/group"
  grep -q "^$account:" "$1/passwd" ||
    printf '%s:x:%s:%s::/var/lib/libvirt:/usr/sbin/nologin\n' "$account" "$id" "$id" >>"$1/passwd"
}

host_pid_file() { printf '%s/init.pid' "$(host_dir "$1")"; }
host_pid() { remembered "$(host_pid_file "$1")"; }
host_power() { cat "$(host_dir "$1")/power" 2>/dev/null || printf 'off'; }
host_is_running() { [[ -n $(host_pid "$1") ]]; }

# host_start HOST: power comes on. Returns when the host's first process runs; host_wait waits for its libvirtd.
host_start() {
  local host=$1 dir
  if host_is_running "$host"; then return 0; fi
  dir=$(host_dir "$host")
  rm -f "$dir/init.pid"
  net_attach "$host"
  setsid env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME="$dir" LC_ALL=C.UTF-8 \
    "$MARK=$STATE" HOLDFAST_LAB_DIR="$STATE" HOLDFAST_SILENCE="$(cat "$STATE/silence")" \
    HOLDFAST_HOST="$host" HOLDFAST_HOST_NUMBER="$(number_of "$host")" HOLDFAST_HOST_DIR="$dir" \
    HOLDFAST_HOST_ADDRESS="$(host_address "$host")" \
    ip netns exec "$(host_namespace "$host")" \
    unshare --mount --uts --ipc --pid --fork --kill-child "$LAB_HOME/lib/host-init" \
    </dev/null >>"$dir/log/boot.log" 2>&1 8>&- 9>&- &
  disown
  wait_for "$BOOT_SECONDS" host_is_running "$host" || fail "$host did not start: see $dir/log/boot.log"
  event started "$host"
}

# host_kill HOST: everything of it at once. Returns 0 only when all its processes are truly gone.
host_kill() { end_remembered "$(host_pid_file "$1")"; }

# host_cut HOST WHAT: a silent power cut. The veth goes down before the first process dies; otherwise the kernel, which
# lives on, would close the dead host's connections and tell everybody at once.
host_cut() {
  local at
  at=$(now_millis)
  net_unplug "$1" || fail "$1 could not be unplugged, so it was not cut"
  if host_is_running "$1"; then event "$2" "$1" "$at"; fi
  host_kill "$1" || return 1
  net_detach "$1"
}

# host_crash HOST [--with-bmc]: what a power cut of the board, or of the whole rack, does.
host_crash() {
  host_is_running "$1" || fail "$1 is not running"
  host_cut "$1" power-cut || fail "processes of $1 are still there after $GONE_SECONDS s"
  if [[ -n $2 ]]; then
    bmc_stop "$1"
    event bmc-cut "$1"
  fi
}

# host_enter HOST COMMAND...: runs it in the host's namespaces.
host_enter() {
  local host=$1 pid
  shift
  pid=$(host_pid "$host")
  [[ -n $pid ]] || fail "$host is not running"
  nsenter --target "$pid" --mount --uts --ipc --net --pid -- \
    env HOLDFAST_HOST="$host" HOLDFAST_HOST_DIR="$(host_dir "$host")" LIBVIRT_DEFAULT_URI=qemu:///system "$@"
}

host_libvirt_answers() {
  local pid
  pid=$(host_pid "$1")
  [[ -n $pid && -S /proc/$pid/root/run/libvirt/libvirt-sock ]] || return 1
  host_enter "$1" timeout --kill-after=1 5 virsh -q list --name >/dev/null 2>&1
}

host_wait() {
  wait_for "$READY_SECONDS" host_libvirt_answers "$1" ||
    fail "libvirtd on $1 did not answer in $READY_SECONDS s: see $(host_dir "$1")/log"
}
