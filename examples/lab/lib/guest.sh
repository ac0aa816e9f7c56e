# The guests: one image for all, a definition and a disk each, and the choice between KVM and TCG. Sourced, never run.
# shellcheck shell=bash

GUEST_MIB=128
# Every word here is there because it took time off the boot (see README.md); none changes what the guest does.
GUEST_KERNEL_OPTIONS="console=ttyS0 quiet panic=1 mitigations=off no_timer_check noapictimer tsc=reliable lpj=4000000 \
random.trust_cpu=on 8250.nr_uarts=1 rcupdate.rcu_expedited=1 noreplace-smp nowatchdog audit=0 lsm=capability \
cryptomgr.notests"

guest_number() {
  local index
  for index in "${!GUESTS[@]}"; do
    if [[ ${GUESTS[index]} == "$1" ]]; then printf '%s' $((index + 1)); fi
  done
}
guest_address() { printf '%s.10%s' "$NETWORK" "$(guest_number "$1")"; }

# guest_type: libvirt's word for the accelerator.
guest_type() { if [[ $(cat "$STATE/accelerator") == kvm ]]; then printf kvm; else printf qemu; fi; }

# guests_prepare: definitions and disks. The serial console lands in the log directory of whichever host runs the guest.
guests_prepare() {
  local guest number type
  type=$(guest_type)
  mkdir -p "$STATE/guests" "$SHARED/disks" "$SHARED/lockspace"
  for guest in "${GUESTS[@]}"; do
    number=$(guest_number "$guest")
    [[ -e $SHARED/disks/$guest.raw ]] || truncate -s 8M "$SHARED/disks/$guest.raw"
    sed -e "s|@TYPE@|$type|" -e "s|@NAME@|$guest|" -e "s|@NUMBER@|$number|" -e "s|@MIB@|$GUEST_MIB|" \
      -e "s|@KERNEL@|$CACHE/vmlinux|" -e "s|@INITRD@|$CACHE/initrd.img|" -e "s|@DISK@|$SHARED/disks/$guest.raw|" \
      -e "s|@OPTIONS@|$GUEST_KERNEL_OPTIONS|" -e "s|@ADDRESS@|$(guest_address "$guest")|" \
      "$LAB_HOME/templates/guest.xml" >"$STATE/guests/$guest.xml"
  done
}

# accelerator_probe: /dev/kvm may open and even start a guest that then hangs (nested virtualisation), so only a guest
# that answers is believed. The verdict is kept for this kernel and this QEMU.
accelerator_probe() {
  local key verdict=tcg
  key="$(uname -r) $(dpkg-query -W -f='${Version}' qemu-system-x86) $GUEST_KERNEL_OPTIONS"
  if [[ -e $CACHE/accelerator && $(tail -n +2 "$CACHE/accelerator") == "$key" ]]; then return 0; fi
  if [[ -c /dev/kvm ]]; then
    progress "probing KVM: booting one guest under it"
    if guest_probe kvm 8; then verdict=kvm; fi
  fi
  printf '%s\n%s\n' "$verdict" "$key" >"$CACHE/accelerator"
  progress "guests run under ${verdict^^}"
}

# guest_probe kvm|tcg SECONDS: true when a guest boots and answers on TCP, in a network namespace of its own.
guest_probe() {
  # shellcheck disable=SC2016
  timeout --signal=KILL $(($2 + 3)) env "$MARK=$STATE" unshare --net --pid --fork --kill-child \
    bash -c '
      set -eu
      ip link set lo up
      qemu-system-x86_64 -nodefaults -no-user-config -display none -machine "q35,accel=$1" -m "$2" \
        -kernel "$3/vmlinux" -initrd "$3/initrd.img" -append "$4 hf_name=probe hf_address=10.0.2.15/24" -serial null \
        -netdev user,id=n,restrict=on,hostfwd=tcp:127.0.0.1:7-10.0.2.15:7 -device virtio-net-pci,netdev=n,romfile= &
      guest=$!
      deadline=$((SECONDS + $5))
      while ((SECONDS < deadline)) && kill -0 $guest 2>/dev/null; do
        answer=$(timeout 1 bash -c "exec 3<>/dev/tcp/127.0.0.1/7 && head -n 1 <&3" 2>/dev/null) || answer=
        [[ $answer != "probe "* ]] || exit 0
        sleep 0.1
      done
      exit 1' probe "$1" "$GUEST_MIB" "$CACHE" "$GUEST_KERNEL_OPTIONS" "$2" </dev/null >>"$CACHE/probe.log" 2>&1
}
