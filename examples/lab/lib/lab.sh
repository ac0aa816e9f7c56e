# The lab as a whole: everything up, everything down. Sourced, never run.
# shellcheck shell=bash

# lab_up SILENCE HOOKS_DIR
lab_up() {
  local silence=$1 hooks=$2 host java=''
  if [[ -n $hooks ]]; then
    java=$(find_java)
    [[ -d $LIB ]] || fail "the engine is not built: run 'mvn -DskipTests package' first"
  fi
  refuse_other_lab
  hold_lab
  ! lab_is_alive || fail "the lab is up already: 'lab status' shows it, 'lab down' ends it"
  install_all
  lab_clean # what a killed lab, or a machine that went down under one, left behind
  trap 'lab_interrupted' INT TERM HUP
  trap 'lab_failed $?' EXIT
  mkdir -p "$STATE"
  printf '%s\n' "$STATE" >"$OWNER_FILE"
  printf '%s\n' "$silence" >"$STATE/silence"
  head -n 1 "$CACHE/accelerator" >"$STATE/accelerator"
  progress "preparing guests, network and hosts"
  guests_prepare
  net_up
  for host in "${HOSTS[@]}"; do
    host_prepare "$host"
    bmc_prepare "$host"
    if [[ -n $hooks ]]; then install_hooks "$hooks" "$host" "$java"; fi
    bmc_start "$host"
  done
  local -a starting=()
  for host in "${HOSTS[@]}"; do
    with_lock "$(host_dir "$host")/lock" first_power_on "$host" &
    starting+=($!)
  done
  local pid
  for pid in "${starting[@]}"; do wait "$pid" || fail "a host did not come up"; done
  warm_libvirt
  for host in "${HOSTS[@]}"; do bmc_wait "$host"; done
  : >"$STATE/up"
  trap - INT TERM HUP EXIT
  progress "up: ${HOSTS[*]}; observer at $OBSERVER_ADDRESS in namespace $SWITCH; state in $STATE"
}

first_power_on() {
  host_start "$1"
  printf 'on\n' >"$(host_dir "$1")/power"
  host_wait "$1"
  progress "$1 is up"
}

# install_hooks DIR HOST JAVA: what each host starts when it boots, with the places of Java and of the built engine.
install_hooks() {
  local hook
  for hook in "$1"/*; do
    sed -e "s|@JAVA@|$3|g" -e "s|@LIB@|$LIB|g" "$hook" >"$(host_dir "$2")/boot.d/${hook##*/}"
    chmod 755 "$(host_dir "$2")/boot.d/${hook##*/}"
  done
}

find_java() {
  local java=${JAVA_HOME:+$JAVA_HOME/bin/java}
  java=${java:-$(command -v java || true)}
  [[ -x $java ]] || fail "no Java found: JAVA_HOME or PATH has to name a JDK 17 or later"
  readlink -f "$java"
}

# warm_libvirt: libvirtd asks QEMU what it can do before its first guest, which takes over a second. Asked once and
# kept, it costs neither the other hosts nor later labs anything.
warm_libvirt() {
  local host known=cache/libvirt/qemu/capabilities
  if [[ -n $(find "$CACHE/libvirt" -name '*.xml' 2>/dev/null) ]]; then return 0; fi
  host_enter "${HOSTS[0]}" timeout 30 virsh -q domcapabilities --machine q35 --virttype "$(guest_type)" >/dev/null
  for host in "${HOSTS[@]:1}"; do
    mkdir -p "$(host_dir "$host")/$known"
    cp -a "$(host_dir "${HOSTS[0]}")/$known/." "$(host_dir "$host")/$known/"
  done
  rm -rf "$CACHE/libvirt"
  cp -a "$(host_dir "${HOSTS[0]}")/cache/libvirt" "$CACHE/libvirt"
}

lab_interrupted() {
  trap - INT TERM HUP EXIT
  note "interrupted: cleaning up"
  end_starts
  lab_clean
  exit 130
}

lab_failed() {
  trap - INT TERM HUP EXIT
  end_starts
  note "cleaning up; the logs stay in $STATE/hosts/*/log"
  lab_clean --keep-logs
  exit "$(($1 ? $1 : 1))"
}

# refuse_other_lab: names of namespaces are the machine's, so there is one lab at a time.
refuse_other_lab() {
  local other
  { read -r other <"$OWNER_FILE"; } 2>/dev/null || return 0
  [[ $other == "$STATE" || ! -e $other/up ]] || fail "a lab with its state in $other is up: take that down first"
}

# hold_lab: one up or down at a time. What a killed one still has running holds the lock on, so nothing of it starts late.
hold_lab() {
  mkdir -p "$STATE"
  exec 8>>"$STATE/lock"
  flock -w $((READY_SECONDS + 10)) 8 || fail "another 'lab up' or 'lab down' is still at work"
}

lab_is_alive() {
  local host
  [[ -e $STATE/up ]] || return 1
  for host in "${HOSTS[@]}"; do
    if host_is_running "$host" || bmc_is_running "$host"; then return 0; fi
  done
  return 1
}

# end_starts: hosts that are just being started must not appear behind the cleaning.
end_starts() {
  local pid
  for pid in $(jobs -p); do
    kill -KILL "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
}

# lab_clean [--keep-logs]: ends and removes all there is of this lab, whatever state it was left in.
lab_clean() {
  local host
  rm -f "$STATE/up"
  for host in "${HOSTS[@]}"; do
    [[ -d $(host_dir "$host") ]] || continue
    end_remembered "$(bmc_pid_file "$host")" || note "the BMC of $host does not end"
    host_kill "$host" || note "$host does not end"
  done
  end_members || fail "processes of the lab do not end: $(grep -lzxsF "$MARK=$STATE" /proc/[0-9]*/environ | tr '\n' ' ')"
  net_down
  if [[ ${1:-} == --keep-logs ]]; then
    find "$STATE/hosts" -mindepth 2 -maxdepth 2 ! -name log -exec rm -rf {} + 2>/dev/null || true
  else
    rm -rf "$STATE/hosts" "$STATE/events.log" "$STATE/observer.log"
  fi
  rm -rf "$STATE/guests" "$SHARED" "$STATE/silence" "$STATE/accelerator"
  rm -f "$OWNER_FILE"
}

lab_down() {
  refuse_other_lab
  hold_lab
  lab_clean "$@"
}
