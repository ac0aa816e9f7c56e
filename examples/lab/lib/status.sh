# What each host, BMC and guest is right now. Sourced, never run.
# shellcheck shell=bash

# status_of HOST: "power running network libvirtd bmc guests", the guests separated by commas.
status_of() {
  local host=$1 running=no network=cut libvirtd=no guests='' bmc
  if net_plugged "$host"; then network=up; fi
  if [[ -e $(host_dir "$host")/isolated ]]; then network=isolated; fi
  bmc=$(bmc_mode "$host")
  bmc_is_running "$host" || bmc=dead
  if host_is_running "$host"; then
    running=yes
    if guests=$(host_enter "$host" timeout --kill-after=1 5 virsh -q list --name 2>/dev/null); then libvirtd=yes; fi
    guests=$(tr -s '\n' ',' <<<"$guests")
    guests=${guests#,}
  fi
  printf '%s %s %s %s %s %s\n' "$(host_power "$host")" "$running" "$network" "$libvirtd" "$bmc" "${guests%,}"
}

status_all() {
  local host work
  work=$(mktemp -d)
  for host in "${HOSTS[@]}"; do status_of "$host" >"$work/$host" & done
  wait
  if [[ ${1:-} == --json ]]; then status_json "$work"; else status_table "$work"; fi
  rm -rf "$work"
}

status_table() {
  local host power running network libvirtd bmc guests
  printf '%-6s %-6s %-8s %-9s %-9s %-7s %s\n' HOST POWER RUNNING NETWORK LIBVIRTD BMC GUESTS
  for host in "${HOSTS[@]}"; do
    read -r power running network libvirtd bmc guests <"$1/$host"
    printf '%-6s %-6s %-8s %-9s %-9s %-7s %s\n' "$host" "$power" "$running" "$network" "$libvirtd" "$bmc" "${guests:--}"
  done
}

status_json() {
  local host power running network libvirtd bmc guests comma=''
  printf '{"up":true,"accelerator":"%s","hosts":[' "$(head -n 1 "$STATE/accelerator")"
  for host in "${HOSTS[@]}"; do
    read -r power running network libvirtd bmc guests <"$1/$host"
    [[ -z $guests ]] || guests="\"${guests//,/\",\"}\""
    printf '%s{"host":"%s","address":"%s","bmcAddress":"%s","power":"%s","running":%s,"network":"%s","libvirtd":%s,"bmc":"%s","guests":[%s]}' \
      "$comma" "$host" "$(host_address "$host")" "$(bmc_address "$host")" "$power" "$(json_bool "$running")" "$network" \
      "$(json_bool "$libvirtd")" "$bmc" "$guests"
    comma=,
  done
  printf ']}\n'
}

json_bool() { if [[ $1 == yes ]]; then printf true; else printf false; fi; }
