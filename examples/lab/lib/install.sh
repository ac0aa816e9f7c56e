# What the lab needs from the distribution: packages that are installed, and a guest kernel that is only unpacked.
# shellcheck shell=bash

PACKAGES=(libvirt-daemon libvirt-daemon-driver-qemu libvirt-clients qemu-system-x86 qemu-utils openipmi ipmitool
  fence-agents iproute2 procps util-linux lz4)
MODEL_PACKAGES=(spin gcc libc6-dev) # for docs/model/check, which is one of the tests
GUEST_MODULES=(virtio_ring virtio virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci failover net_failover
  virtio_net virtio_blk button evdev)
POLICY=/usr/sbin/policy-rc.d

install_all() {
  require_debian
  mkdir -p "$CACHE"
  install_packages
  install_guest
  accelerator_probe
}

require_debian() {
  local lacking
  lacking=$(debian_lacking)
  [[ -z $lacking ]] || fail "$lacking"
}

# debian_lacking: why this machine cannot have the lab, nothing if it can. Asked by the demo, too.
debian_lacking() {
  local id=''
  # shellcheck source=/dev/null
  if [[ -r /etc/os-release ]]; then id=$(. /etc/os-release && printf '%s %s' "${ID:-}" "${ID_LIKE:-}"); fi
  [[ " $id " == *" debian "* && $(uname -m) == x86_64 ]] ||
    printf "the lab needs a Debian on x86_64; this is '%s' on %s" "${id:-unknown}" "$(uname -m)"
}

# packages_missing: one dpkg-query for all; dpkg-query names no package it has never heard of.
packages_missing() {
  local installed package
  installed=$(dpkg-query -W -f='${Package} ${db:Status-Status}\n' "${PACKAGES[@]}" 2>/dev/null || true)
  for package in "${PACKAGES[@]}"; do
    grep -qx "$package installed" <<<"$installed" || printf '%s\n' "$package"
  done
}

install_packages() {
  local -a missing
  mapfile -t missing < <(packages_missing)
  ((${#missing[@]})) || return 0
  note "installing ${missing[*]}"
  know_packages "${missing[@]}"
  if ! apt_install "${missing[@]}"; then
    without_services apt_quietly dpkg --configure -a || true # an installation that was interrupted blocks the next
    apt_update                                               # and the lists may be older than the archive
    apt_install "${missing[@]}" || fail "apt-get could not install them: $(tail -n 1 "$CACHE/apt.log"); see $CACHE/apt.log"
  fi
}

# know_packages NAME...: fetches apt's lists only when it has not heard of one of them.
know_packages() { apt-cache show "$@" >/dev/null 2>&1 || apt_update; }

apt_update() {
  progress "fetching the package lists"
  apt_quietly apt-get -q update || fail "apt-get update failed: see $CACHE/apt.log"
}

apt_install() {
  progress "this takes a minute; what apt says is in $CACHE/apt.log"
  without_services apt_quietly apt-get -q -y --no-install-recommends -o DPkg::Lock::Timeout=120 install "$@"
}

apt_quietly() { DEBIAN_FRONTEND=noninteractive "$@" </dev/null >>"$CACHE/apt.log" 2>&1; }

# without_services COMMAND...: the lab starts its own daemons in its own namespaces; none may start beside them.
without_services() (
  if [[ ! -e $POLICY ]] || grep -q 'Made by the Holdfast lab' "$POLICY"; then
    trap 'rm -f "$POLICY"' EXIT
    printf '#!/bin/sh\n# Made by the Holdfast lab while it installs packages.\nexit 101\n' >"$POLICY"
    chmod 755 "$POLICY"
  fi
  "$@"
)

# install_guest: a kernel and an initramfs below the cache. Neither package is installed: no boot loader, no /boot.
install_guest() {
  local recipe
  recipe=$(cat "$LAB_HOME"/templates/guest-{init,answer,power-button} "$LAB_HOME/lib/install.sh" | sha256sum)
  if [[ -s $CACHE/vmlinux && $(cat "$CACHE/recipe" 2>/dev/null) == "$recipe" ]]; then return 0; fi
  [[ -s $CACHE/vmlinux && -d $CACHE/modules && -x $CACHE/busybox ]] || unpack_kernel
  build_initramfs
  printf '%s\n' "$recipe" >"$CACHE/recipe"
}

unpack_kernel() {
  local image work=$CACHE/unpack
  know_packages linux-image-cloud-amd64 busybox-static
  image=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/^ *Depends: \(linux-image-[0-9].*\)$/\1/p' | head -n 1)
  [[ -n $image ]] || fail "apt knows no kernel behind linux-image-cloud-amd64"
  note "unpacking $image and busybox-static below $CACHE (not installed)"
  rm -rf "$work"
  mkdir -p "$work"
  local -a wanted=("${GUEST_MODULES[@]/#/*/}")
  wanted=("${wanted[@]/%/.ko}")
  download "$work" "$image" busybox-static
  dpkg-deb --fsys-tarfile "$work"/busybox-static_*.deb | tar -x -C "$work" ./bin/busybox
  dpkg-deb --fsys-tarfile "$work"/linux-image-*.deb |
    tar -x -C "$work" --wildcards './boot/vmlinuz-*' "${wanted[@]}"
  mkdir -p "$CACHE/modules"
  local module path
  for module in "${GUEST_MODULES[@]}"; do
    path=$(find "$work/lib/modules" -name "$module.ko" -print -quit)
    [[ -n $path ]] || fail "$image has no module $module"
    strip_signature "$path"
    mv "$path" "$CACHE/modules/"
  done
  mv "$work/bin/busybox" "$CACHE/busybox"
  extract_vmlinux "$work"/boot/vmlinuz-* "$CACHE/vmlinux"
  rm -rf "$work"
}

download() {
  local into=$1
  shift
  fetch() { (cd "$into" && apt_quietly apt-get -q -o APT::Sandbox::User=root download "$@"); }
  fetch "$@" || { apt_update && fetch "$@"; } || fail "apt-get could not download $*: see $CACHE/apt.log"
}

# strip_signature MODULE: the guest's kernel takes unsigned modules, and checking RSA takes time under emulation.
# The file ends: signature, 12 bytes of which the last 4 are its length (big-endian), 28 bytes of magic.
strip_signature() {
  local -a length
  [[ $(tail -c 28 "$1") == '~Module signature appended~' ]] || return 0
  read -ra length < <(tail -c 32 "$1" | od -An -tu1 -N 4)
  truncate -s -$(((length[0] << 24) + (length[1] << 16) + (length[2] << 8) + length[3] + 40)) "$1"
}

# extract_vmlinux BZIMAGE VMLINUX: a guest that need not unpack its own kernel boots a fifth faster under emulation.
# Offsets are those of the x86 boot protocol 2.08: setup sectors, payload offset and length; the payload ends with its size.
extract_vmlinux() {
  local image=$1 setup offset length
  setup=$(od -An -tu1 -j $((0x1f1)) -N 1 "$image")
  offset=$(od -An -tu4 -j $((0x248)) -N 4 "$image")
  length=$(od -An -tu4 -j $((0x24c)) -N 4 "$image")
  tail -c +$(((setup + 1) * 512 + offset + 1)) "$image" | head -c $((length - 4)) | lz4 -dcq >"$2.new" 2>/dev/null || true
  if [[ $(head -c 4 "$2.new" | od -An -tx1 | tr -d ' ') == 7f454c46 ]]; then
    mv "$2.new" "$2"
  else
    rm -f "$2.new" # not packed with lz4: QEMU boots the image as it is
    cp "$image" "$2"
  fi
}

build_initramfs() {
  local root=$CACHE/initramfs applet
  progress "building the guests' initramfs"
  rm -rf "$root"
  mkdir -p "$root"/{bin,modules,proc,dev,sys,etc/acpi/PWRF}
  cp "$CACHE/busybox" "$root/bin/busybox"
  for applet in sh ash mount ip nc cat arping insmod acpid poweroff; do ln -s busybox "$root/bin/$applet"; done
  cp "$CACHE"/modules/*.ko "$root/modules/"
  install -m 755 "$LAB_HOME/templates/guest-init" "$root/init"
  install -m 755 "$LAB_HOME/templates/guest-answer" "$root/answer"
  install -m 755 "$LAB_HOME/templates/guest-power-button" "$root/etc/acpi/PWRF/00000080"
  mknod "$root/dev/console" c 5 1
  mknod "$root/dev/null" c 1 3
  (cd "$root" && find . | "$CACHE/busybox" cpio -o -H newc 2>/dev/null) >"$CACHE/initrd.img.new"
  mv "$CACHE/initrd.img.new" "$CACHE/initrd.img"
  rm -rf "$root"
}
