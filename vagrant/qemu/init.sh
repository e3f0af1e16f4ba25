#!/bin/busybox sh
# SPDX-License-Identifier: MIT
# The guest's first process: makes the system usable, runs the program, reports through virtio ports,
# and ends the machine. What it does is told by /upm/plan, which the host writes (guest.mjs).

/bin/busybox mkdir -p /proc /sys /dev /run /tmp /root /sbin /usr/bin /usr/sbin
/bin/busybox --install -s
export PATH=/upm/selftest:/bin:/sbin:/usr/bin:/usr/sbin HOME=/root LC_ALL=C

mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mkdir -p /dev/shm /dev/pts
mount -t tmpfs tmpfs /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /tmp
mount -t tmpfs tmpfs /run
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -t debugfs debugfs /sys/kernel/debug 2>/dev/null
mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null

# Sets the variables used below, and the program with its arguments as "$@".
. /upm/plan

for module in $boot_modules; do
  insmod "/lib/boot-modules/$module" || echo "init: cannot load $module" >/dev/kmsg
done

# port NAME: the device of a virtio port; it appears some time after its driver.
port() {
  for try in 1 2 3 4 5 6 7 8 9 10; do
    for each in /sys/class/virtio-ports/*; do
      if [ "$(cat "$each/name" 2>/dev/null)" = "$1" ] && [ -c "/dev/${each##*/}" ]; then
        echo "/dev/${each##*/}"
        return
      fi
    done
    sleep 1
  done
  echo "init: no port $1" >/dev/kmsg
  reboot -f
}
output=$(port upm.output)
log=$(port upm.log)
status=$(port upm.status)

start() { "$@"; }
if [ -n "$root_disk" ]; then
  mkdir /system
  mount -t ext4 "$root_disk" /system || echo "init: cannot mount $root_disk" >/dev/kmsg
  for each in proc sys dev tmp run upm; do
    mkdir -p "/system/$each"
    mount --rbind "/$each" "/system/$each"
  done
  start() { PATH=$PATH:/usr/local/bin exec chroot /system "$@"; }
fi

# The host ends us without a word when the time is over; say before what everybody waits for.
if [ "$dump_after" -gt 0 ]; then
  (
    sleep "$dump_after"
    echo "init: the time is nearly over; blocked tasks and busy processors:" >/dev/kmsg
    echo w >/proc/sysrq-trigger
    echo l >/proc/sysrq-trigger
  ) &
fi

[ "$settle" -gt 0 ] && sleep "$settle"
echo "init: running $*" >/dev/kmsg
echo started >"$status"
(
  cd /upm || exit 127
  start "$@"
) >"$output" 2>&1 </dev/null
result=$?
echo "init: exit status $result" >/dev/kmsg

kill -9 -1

stale=/sys/module/stale_int3/parameters/count
[ ! -e "$stale" ] || echo "init: $(cat "$stale") stale breakpoints of the emulator" >/dev/kmsg

if [ -e /sys/kernel/debug/kmemleak ]; then
  # An object is reported once it is older than five seconds and a scan has missed it twice.
  sleep 6
  echo scan >/sys/kernel/debug/kmemleak
  sleep 1
  echo scan >/sys/kernel/debug/kmemleak
  cat /sys/kernel/debug/kmemleak >/tmp/leaks
fi
{
  dmesg
  [ ! -s /tmp/leaks ] || cat /tmp/leaks
} >"$log"
{
  echo "taint $(cat /proc/sys/kernel/tainted)"
  echo "exit $result"
} >"$status"
reboot -f
