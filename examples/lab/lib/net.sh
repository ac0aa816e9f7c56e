# The network: a switch room (namespace, bridge) and one veth per host. Nothing is made in the root namespace.
# shellcheck shell=bash

net_up() {
  local host
  mkdir -p /run/netns
  ip netns add "$SWITCH"
  ip -n "$SWITCH" link set lo up
  ip -n "$SWITCH" link add switch type bridge stp_state 0 forward_delay 0 mcast_snooping 0
  ip -n "$SWITCH" link set switch address 02:48:46:00:00:01 up
  ip -n "$SWITCH" addr add "$OBSERVER_ADDRESS/24" dev switch
  # An observer that asks for a guest's address before it boots asks again soon, so it measures the guest, not itself.
  ip netns exec "$SWITCH" sysctl -q -w net.ipv4.neigh.switch.retrans_time_ms=200
  for host in "${HOSTS[@]}"; do net_bmc_address "$host" add; done
}

# net_bmc_address HOST add|del: a BMC without power has no address, so asking it meets silence, not a refusal.
net_bmc_address() { ip -n "$SWITCH" addr "$2" "$(bmc_address "$1")/32" dev switch; }

# net_attach HOST: a fresh namespace with a bridge that holds the veth's end and, later, the guests' taps.
net_attach() {
  local host=$1 space
  space=$(host_namespace "$host")
  net_detach "$host"
  ip netns add "$space"
  ip -n "$SWITCH" link add "$host" type veth peer name eth0 netns "$space"
  ip -n "$SWITCH" link set "$host" master switch
  ip -n "$space" -batch - <<EOF
link set lo up
link add br0 type bridge stp_state 0 forward_delay 0 mcast_snooping 0
link set br0 address 02:48:46:00:01:0$(number_of "$host")
link set eth0 master br0
link set eth0 up
link set br0 up
addr add $(host_address "$host")/24 dev br0
EOF
  [[ -e $(host_dir "$host")/isolated ]] || net_plug "$host"
}

# net_detach HOST: with the namespace go the sockets that its dead processes left behind. Were they kept, they would
# say goodbye to their peers as soon as the host came back.
net_detach() {
  local space
  space=$(host_namespace "$1")
  ip -n "$SWITCH" link del "$1" 2>/dev/null || true
  if [[ -e /run/netns/$space ]]; then ip netns del "$space"; fi
}

net_plug() { ip -n "$SWITCH" link set "$1" up; }

# net_unplug HOST: from here on nothing of the host reaches anybody. No link, no error: it is unplugged already.
net_unplug() { ip -n "$SWITCH" link set "$1" down 2>/dev/null || ! net_plugged "$1"; }

net_plugged() { [[ $(ip -n "$SWITCH" -o link show dev "$1" 2>/dev/null) =~ [\<,]UP[,\>] ]]; }

net_down() {
  local host space
  for host in "${HOSTS[@]}"; do
    space=$(host_namespace "$host")
    if [[ -e /run/netns/$space ]]; then ip netns del "$space"; fi
  done
  if [[ -e /run/netns/$SWITCH ]]; then ip netns del "$SWITCH"; fi
}
