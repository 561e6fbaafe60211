#!/bin/bash
# Tests the Debian package as root, on a machine that may be changed: a container, or a chroot.
#
#   debian.sh check PACKAGE                   installs, runs, upgrades and purges it on this machine
#   debian.sh chroot PACKAGE ROOT [SUITE]     does that in ROOT, made by debootstrap if it is not there
#   debian.sh units PACKAGE                   has systemd run backups on this machine, and purges the package
#   debian.sh boot PACKAGE ROOT               does that in ROOT, booted by systemd-nspawn (debootstrap
#                                             --include=systemd,systemd-sysv,dbus,default-jre-headless)
#
# With AWS_ENDPOINT_URL and credentials in the environment, it also sets up backups to a bucket named
# mtb-debian of that server, and to a mount of it where /dev/fuse is there. Prints what it does with the time since the start, and ends with 1 at the first failure.
set -eEuo pipefail
trap 'echo "FAILED: line $LINENO: $BASH_COMMAND" >&2' ERR
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8

step() { printf '\n[%3d s] %s\n' "$SECONDS" "$*"; }
show() { echo "# $*"; "$@"; }
fails() {
  if show "$@"; then
    echo "FAILED: this was to end with another exit code than 0" >&2
    exit 1
  fi
}

# All that is on the machine but for logs, what dpkg and apt know, and what the kernel shows.
files() {
  find / -xdev \( -path /proc -o -path /sys -o -path /dev -o -path /run -o -path /tmp -o -path /root \
    -o -path /var/log -o -path /var/lib/dpkg -o -path /var/lib/apt -o -path /var/cache/apt \) -prune \
    -o ! -path /var/cache/debconf/\* ! -name '*.pyc' -print | sort
}

# Runs what a unit of systemd runs, with the environment that systemd gives.
night() { # UNIT NAME
  local command
  command=$(sed -n 's/^ExecStart=//p' "$1")
  show env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 STATE_DIRECTORY=/var/lib/mtb ${command//%i/$2}
}

# Sets a backup up, runs it by hand and as at night, and restores it.
setUp() { # NAME DESTINATION OPTION...
  local name=$1 destination=$2
  shift 2
  show mtb init --name "$name" -b "$base" "$@" documents "$destination"
  show cat "/etc/mtb/$name.conf"
  show mtb backup "@/etc/mtb/$name.conf"
  night "/etc/systemd/system/mtb@$name.service" "$name"
  show mtb restore "$@" "$destination" documents --target "$work/restored-$name"
  diff -r --no-dereference "$base/documents" "$work/restored-$name/documents"
}

toBucket() {
  step "to a bucket: set up, by hand, at night, restore"
  # The nightly run has no variables with credentials.
  echo "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" >/etc/mtb/passwd
  chmod 600 /etc/mtb/passwd
  setUp bucket s3://mtb-debian/backup --passwd-file /etc/mtb/passwd --endpoint-url "$AWS_ENDPOINT_URL"
}

toMount() {
  step "to a mount of S3FS: set up, by hand, at night, restore"
  show apt-get install -y -qq --no-install-recommends s3fs >>"$work/apt.log" 2>&1
  mkdir -p "$work/mount"
  show s3fs mtb-debian "$work/mount" -o "passwd_file=/etc/mtb/passwd,url=$AWS_ENDPOINT_URL" \
    -o use_path_request_style,enable_noobj_cache,notsup_compat_dir
  unmount=$work/mount
  setUp mount "$work/mount/mounted"
  grep -qx -- --require-mount /etc/mtb/mount.conf
  grep -qx "Wants=$(echo "${work#/}/mount" | sed 's/-/\\\\x2d/g; s/\//-/g').mount" /etc/systemd/system/mtb@mount.service
  show umount "$work/mount"
  unmount=
  apt-get purge -y -qq --auto-remove s3fs >>"$work/apt.log" 2>&1
}

check() { # PACKAGE
  local package work base
  package=$(readlink -f "$1")
  work=$(mktemp -d)
  base=$work/home
  unmount=
  trap '[ -z "$unmount" ] || umount "$unmount"' EXIT

  step "dependencies"
  show apt-get update -qq
  show apt-get install -y -qq --no-install-recommends default-jre-headless >"$work/apt.log" 2>&1
  files >"$work/before"

  step "install"
  show dpkg -i "$package"
  show mtb --version
  test -d /etc/mtb
  test "$(stat -c %a /var/lib/mtb)" = 700
  test -s /usr/share/man/man1/mtb.1.gz
  bash -c '. /usr/share/bash-completion/completions/mtb && complete -p mtb'

  step "the archive of classes is used: -Xshare:on refuses one that does not fit"
  ls -l /var/cache/mtb
  MTB_JAVA_OPTS=-Xshare:on show mtb --version

  step "the JRE changes: the archive is made anew"
  touch /var/cache/mtb/stale
  show dpkg-trigger --by-package=default-jre-headless /usr/lib/jvm
  show dpkg --configure --pending
  test ! -e /var/cache/mtb/stale
  MTB_JAVA_OPTS=-Xshare:on show mtb --version

  step "first backup and restore"
  mkdir -p "$base/documents/letters" "$work/restored"
  echo "Dear reader" >"$base/documents/letters/one.txt"
  head -c 3000000 /dev/urandom >"$base/documents/photo.raw"
  ln -s letters/one.txt "$base/documents/latest"
  show mtb backup -b "$base" documents "$work/backup"
  show mtb backup -b "$base" documents "$work/backup"
  show mtb verify -b "$base" documents "$work/backup"
  show mtb restore "$work/backup" documents "$work/restored"
  diff -r --no-dereference "$base/documents" "$work/restored/documents"
  step "every night: what mtb@home.service runs, with its environment"
  echo "$base/documents" >/etc/mtb/list.txt
  sed -e "s|/home/me|$base|; s|/mnt/bucket/backup|$work/nightly|; /--require-mount/d" \
    /usr/share/doc/mtb/examples/example.conf >/etc/mtb/home.conf
  night /lib/systemd/system/mtb@.service home
  diff -r --no-dereference "$base/documents" "$work/nightly/documents"
  grep -q '"status" *: *"ok"' /var/lib/mtb/home.json

  if [ -n "${AWS_ENDPOINT_URL:-}" ]; then
    toBucket
    [ ! -e /dev/fuse ] || toMount
  fi
  step "what became of the runs"
  show mtb status

  step "upgrade: settings and state stay"
  show dpkg -i "$package"
  test -e /etc/mtb/home.conf && test -e /var/lib/mtb/home.json
  MTB_JAVA_OPTS=-Xshare:on show mtb backup -b "$base" documents "$work/backup"

  step "remove: settings and state stay; purge: nothing stays"
  show dpkg -r mtb
  test -e /etc/mtb/home.conf && test -e /var/lib/mtb/home.json
  test ! -e /var/cache/mtb
  show dpkg -P mtb
  files >"$work/after"
  diff "$work/before" "$work/after"
  rm -rf "$work"
  step "done: the package installs, runs, upgrades and purges"
}

inRoot() { # PACKAGE ROOT [SUITE]
  local package=$1 suite=${3:-bookworm} self
  root=$2
  self=$(readlink -f "${BASH_SOURCE[0]}")
  if [ ! -e "$root/bin/sh" ]; then
    step "debootstrap $suite $root"
    debootstrap --variant=minbase "$suite" "$root" \
      "${MIRROR:-$(awk '/^URIs:/ { print $2; exit }' /etc/apt/sources.list.d/*.sources)}" >"$root.log" 2>&1
  fi
  # This machine's package sources and names.
  cp -r /etc/apt/sources.list.d /etc/apt/apt.conf.d "$root/etc/apt/"
  cp -r /usr/share/keyrings/. "$root/usr/share/keyrings/"
  rm -f "$root/etc/apt/sources.list"
  cp /etc/resolv.conf /etc/hosts "$root/etc/"
  cp "$package" "$root/tmp/mtb.deb"
  cp "$self" "$root/tmp/debian.sh"
  mount -t proc proc "$root/proc"
  mount --bind /dev "$root/dev"
  trap 'umount "$root/proc" "$root/dev"' EXIT
  chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb \
    ${AWS_ENDPOINT_URL:+AWS_ENDPOINT_URL="$AWS_ENDPOINT_URL" AWS_ACCESS_KEY_ID="$AWS_ACCESS_KEY_ID" \
      AWS_SECRET_ACCESS_KEY="$AWS_SECRET_ACCESS_KEY" AWS_REGION="${AWS_REGION:-us-east-1}"} \
    /bin/bash /tmp/debian.sh check /tmp/mtb.deb
}

# The units that mtb init makes, started by systemd.
units() { # PACKAGE
  local work=/srv/mtb-test
  step "install, set up"
  show dpkg -i "$1" >/dev/null
  mkdir -p "$work/documents" /var/tmp/mtb-test /tmp/mtb-test /usr/lib/modules/mtb-test /home/mtb-test
  echo one >"$work/documents/one.txt"
  echo kept >/var/tmp/mtb-test/kept
  echo kept >/tmp/mtb-test/kept
  echo kept >/usr/lib/modules/mtb-test/kept
  # In a home, where units may not write, and not there yet.
  show mtb init --name night --delete -b / "${work#/}" var/tmp/mtb-test tmp/mtb-test usr/lib/modules/mtb-test \
    /home/mtb-test/backup
  show systemd-analyze verify /etc/systemd/system/mtb@night.{service,timer}
  show systemctl daemon-reload
  show systemctl enable --now mtb@night.timer
  systemctl list-timers --no-pager 'mtb@*' | grep -F mtb@night.service

  step "two runs: everything is in the backup, and stays there"
  for _ in 1 2; do
    show systemctl start mtb@night.service
    for tree in "$work" /var/tmp/mtb-test /tmp/mtb-test /usr/lib/modules/mtb-test; do
      diff -r "$tree" "/home/mtb-test/backup$tree"
    done
  done
  show mtb status

  step "a run that fails"
  mv "$work/documents" "$work.away"
  rm -r /tmp/mtb-test
  fails systemctl start mtb@night.service
  systemctl is-failed mtb@night.service
  fails mtb status
  test -e /home/mtb-test/backup/tmp/mtb-test/kept

  step "removed: nothing is started; purged: systemd knows of nothing"
  show dpkg -r mtb >/dev/null
  show systemctl restart timers.target mtb@night.timer
  fails systemctl is-active mtb@night.timer
  show dpkg -P mtb >/dev/null
  test -z "$(systemctl list-units --all --no-legend 'mtb@*')"
  test -z "$(find /etc/systemd /var/lib/systemd -name '*mtb@*')"
  rm -r "$work" "$work.away" /var/tmp/mtb-test /usr/lib/modules/mtb-test /home/mtb-test
  step "done: systemd runs the units"
}

inMachine() { # PACKAGE ROOT
  local inside i
  cp "$1" "$2/root/mtb.deb"
  cp "$(readlink -f "${BASH_SOURCE[0]}")" "$2/root/debian.sh"
  SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 systemd-nspawn -q -b -D "$2" -M mtb-test --register=no --keep-unit \
    --resolv-conf=off </dev/null >"$2.log" 2>&1 &
  booted=$!
  trap 'kill "$booted"; wait "$booted" || true' EXIT
  for ((i = 0; i < 60; i++)); do
    inside=$(pgrep -P "$booted") && nsenter -t "$inside" -m -u -i -p -C \
      systemctl is-system-running --wait >/dev/null 2>&1 && break
    sleep 1
  done
  nsenter -t "$inside" -m -u -i -p -C --root --wdns=/root env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin \
    HOME=/root TERM=dumb /bin/bash /root/debian.sh units /root/mtb.deb
}

case "${1:-} $#" in
  "units 2") units "$2" ;;
  "boot 3") inMachine "${@:2}" ;;
  "check 2") check "$2" ;;
  "chroot 3" | "chroot 4") inRoot "${@:2}" ;;
  *) sed -n '2,11s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
