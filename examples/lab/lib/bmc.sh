# A BMC: one ipmi_sim per host in the switch room, which lives on when its host dies. Sourced, never run.
# shellcheck shell=bash

bmc_pid_file() { printf '%s/bmc/pid' "$(host_dir "$1")"; }
bmc_is_running() { [[ -n $(remembered "$(bmc_pid_file "$1")") ]]; }
bmc_mode() { cat "$(host_dir "$1")/bmc/mode" 2>/dev/null || printf 'off'; }
bmc_set_mode() { printf '%s\n' "$2" >"$(host_dir "$1")/bmc/mode"; }

random_hex() { od -An -N"$1" -tx1 /dev/urandom | tr -d ' \n'; }

# bmc_prepare HOST: credentials of its own, readable by root alone, and the simulator's configuration.
bmc_prepare() {
  local host=$1 dir
  dir=$(host_dir "$host")/bmc
  (
    umask 077
    mkdir -p "$dir/state"
    printf 'admin\n' >"$dir/../bmc.user"
    printf '%s\n' "$(random_hex 8)" >"$dir/../bmc.password"
    cat >"$dir/lan.conf" <<EOF
name "$host"
set_working_mc 0x20
startlan 1
  addr $(bmc_address "$host") 623
  priv_limit admin
  allowed_auths_admin md5
  guid 48464c41420040008000000000000b0$(number_of "$host")
endlan
chassis_control "$dir/chassis"
user 1 false "" "" user 10 none
user 2 true "$(cat "$dir/../bmc.user")" "$(cat "$dir/../bmc.password")" admin 10 md5
EOF
    cat >"$dir/commands.emu" <<EOF
mc_setbmc 0x20
mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02
mc_enable 0x20
EOF
    cat >"$dir/chassis" <<EOF
#!/bin/sh
HOLDFAST_LAB_DIR=$STATE exec "$LAB_HOME/lib/chassis" $host "\$@"
EOF
    chmod 700 "$dir/chassis"
  )
  bmc_set_mode "$host" ok
}

bmc_start() {
  local host=$1 dir
  if bmc_is_running "$host"; then return 0; fi
  dir=$(host_dir "$host")/bmc
  net_bmc_address "$host" add 2>/dev/null || true
  setsid env "$MARK=$STATE" nsenter "--net=/run/netns/$SWITCH" \
    ipmi_sim -n -c "$dir/lan.conf" -f "$dir/commands.emu" -s "$dir/state" \
    </dev/null >>"$(host_dir "$host")/log/bmc.log" 2>&1 8>&- 9>&- &
  remember $! "$dir/pid"
  disown
}

# bmc_stop HOST: the BMC itself loses power, its address with it.
bmc_stop() {
  net_bmc_address "$1" del 2>/dev/null || true
  end_remembered "$(bmc_pid_file "$1")"
}

# bmc_ask HOST SECONDS COMMAND...: as any operator would, over the network, once: a request that is sent again would be
# done again. The password stays out of the process list.
bmc_ask() {
  local host=$1 seconds=$2 dir
  dir=$(host_dir "$host")
  shift 2
  nsenter "--net=/run/netns/$SWITCH" ipmitool -I lanplus -C 3 -N "$seconds" -R 1 -H "$(bmc_address "$host")" \
    -U "$(cat "$dir/bmc.user")" -f "$dir/bmc.password" "$@"
}

# bmc_order HOST COMMAND...: what the BMC answers only when it is done.
bmc_order() { bmc_ask "$1" $((GONE_SECONDS + BOOT_SECONDS + 5)) "${@:2}"; }

bmc_answers() { bmc_ask "$1" 2 power status >/dev/null 2>&1; }

bmc_wait() { wait_for 20 bmc_answers "$1" || fail "the BMC of $1 did not answer: see $(host_dir "$1")/log/bmc.log"; }

# bmc_behave HOST refuse|mute|ok. After mute comes a restart: requests that queued up meanwhile must not act late.
bmc_behave() {
  local host=$1 mode=$2 pid was
  was=$(bmc_mode "$host")
  pid=$(remembered "$(bmc_pid_file "$host")")
  if [[ $mode == mute ]]; then
    [[ -n $pid ]] || fail "the BMC of $host has no power: 'lab power-on $host' brings it back"
    kill -STOP "$pid"
  elif [[ $was == mute || -z $pid ]]; then
    end_remembered "$(bmc_pid_file "$host")" || fail "the BMC of $host does not end"
    bmc_start "$host"
  fi
  bmc_set_mode "$host" "$mode"
  event "bmc-$mode" "$host"
  if [[ $mode != mute ]]; then bmc_wait "$host"; fi
}
