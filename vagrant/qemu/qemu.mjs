// SPDX-License-Identifier: MIT
/**
 * Runs one virtual machine to its end. Output, kernel log and exit status come through virtio ports,
 * each of them a socket of ours: a console mixes them and loses bytes.
 */
import { Buffer } from 'node:buffer';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clearTimeout, setTimeout } from 'node:timers';
import { withUs } from './command.mjs';
import { hasKvm } from './host.mjs';

/**
 * @typedef {object} Machine
 * @property {Buffer} image the kernel
 * @property {Buffer} initramfs
 * @property {string} [disk] an ext4 image; the guest's changes to it are thrown away
 * @property {number} cpus
 * @property {number} memory MiB
 * @property {boolean} icount count instructions: the clock advances by 1 ns with each
 * @property {string} append to the kernel's command line
 * @property {number} timeout seconds
 * @property {string} console where the console's output goes
 *
 * @typedef {object} Report
 * @property {boolean} started whether the program was run at all
 * @property {number | undefined} status of the program; undefined if the guest did not get that far
 * @property {number | undefined} taint
 * @property {string} log the kernel's
 * @property {boolean} timedOut
 * @property {string} complaints of QEMU itself
 * @property {number} seconds
 */

const ports = ['output', 'log', 'status'];
/** Time for a guest that has reported to end by itself. */
const endSeconds = 15;

/**
 * @param {Machine} machine
 * @param {(data: Buffer) => void} onOutput the program's output as it comes
 * @returns {Promise<Report>}
 */
export async function runMachine(machine, onOutput) {
  const directory = mkdtempSync(join(tmpdir(), 'upm-vm-'));
  try {
    writeFileSync(join(directory, 'kernel'), machine.image);
    writeFileSync(join(directory, 'initramfs'), machine.initramfs);
    return await boot(machine, directory, onOutput);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function boot(machine, directory, onOutput) {
  const startedAt = Date.now();
  const child = spawn('setpriv', withUs('qemu-system-x86_64', words(machine, directory)), {
    stdio: ['ignore', 'pipe', 'pipe', ...ports.map(() => 'pipe')],
  });
  const received = { log: [], status: [], complaints: [] };
  const [output, log, status] = child.stdio.slice(3);
  output.on('data', onOutput);
  log.on('data', (data) => received.log.push(data));
  child.stdout.on('data', (data) => received.complaints.push(data));
  child.stderr.on('data', (data) => received.complaints.push(data));

  let timedOut = false;
  const limit = setTimeout(() => {
    timedOut = true;
    child.kill('SIGKILL');
  }, machine.timeout * 1000);
  status.on('data', (data) => {
    received.status.push(data);
    if (exitStatus(received.status) === undefined) return;
    clearTimeout(limit);
    setTimeout(() => child.kill('SIGKILL'), endSeconds * 1000).unref();
  });

  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => {
      clearTimeout(limit);
      const text = (name) => Buffer.concat(received[name]).toString();
      const taint = /^taint (\d+)$/m.exec(text('status'));
      resolve({
        started: /^started$/m.test(text('status')),
        status: exitStatus(received.status),
        taint: taint ? Number(taint[1]) : undefined,
        log: text('log'),
        timedOut,
        complaints: text('complaints'),
        seconds: (Date.now() - startedAt) / 1000,
      });
    });
  });
}

/** @param {readonly Buffer[]} received */
function exitStatus(received) {
  const line = /^exit (\d+)\n/m.exec(Buffer.concat(received).toString());
  return line ? Number(line[1]) : undefined;
}

/** @param {Machine} machine @param {string} directory */
function words(machine, directory) {
  const kvm = hasKvm() && !machine.icount;
  const append = [
    ...['console=ttyS0', 'loglevel=7', 'log_buf_len=4M'],
    // A guest that is broken ends at once, and its console says why.
    ...['oops=panic', 'panic=-1'],
    // An emulated machine on a busy host stands still for longer than the kernel thinks possible.
    ...['watchdog_thresh=60', 'rcupdate.rcu_cpu_stall_timeout=120'],
    ...(machine.icount ? ['mitigations=off nokaslr tsc=reliable clocksource=tsc'] : []),
    machine.append,
  ];
  return [
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot'],
    ...accelerator(machine, kvm),
    ...['-smp', String(machine.cpus), '-m', String(machine.memory)],
    ...['-kernel', join(directory, 'kernel'), '-initrd', join(directory, 'initramfs')],
    ...['-append', append.join(' ').trim()],
    ...['-chardev', `file,id=console,path=${machine.console}`, '-serial', 'chardev:console'],
    ...['-device', 'virtio-serial-pci'],
    ...ports.flatMap((name, index) => [
      ...['-chardev', `socket,id=${name},fd=${index + 3}`],
      ...['-device', `virtserialport,chardev=${name},name=upm.${name}`],
    ]),
    ...(machine.disk ? ['-drive', `file=${machine.disk},if=virtio,format=raw,snapshot=on`] : []),
  ];
}

function accelerator(machine, kvm) {
  if (kvm) return ['-accel', 'kvm', '-cpu', 'host'];
  // With fast string instructions, clearing a page would count as 4096.
  if (machine.icount) {
    return ['-accel', 'tcg', '-icount', 'shift=0,sleep=off', '-cpu', 'max,-erms,-fsrm'];
  }
  return ['-accel', 'tcg,thread=multi', '-cpu', 'max'];
}
