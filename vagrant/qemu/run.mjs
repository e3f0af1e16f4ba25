#!/usr/bin/env node
// SPDX-License-Identifier: MIT
/**
 * Runs a program next to the kernel module in virtual machines, one for each kernel asked for:
 *
 *   node vagrant/qemu/run.mjs --kernel trixie [options] [-- PROGRAM ARGUMENTS…]
 *
 * The program's output goes to stdout, everything else to stderr. Exit status: the program's; 1 if a
 * guest died, hung, or its kernel complained; 77 if virtual machines cannot be had here. docs/vm.md
 * has the options.
 */
import console from 'node:console';
import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import process from 'node:process';
import { URL, fileURLToPath } from 'node:url';
import { SetupError } from '../../scripts/setup.mjs';
import { buildModule } from './build.mjs';
import { cache } from './cache.mjs';
import { CommandFailed, progress, Unavailable } from './command.mjs';
import { guestImage } from './guest.mjs';
import { hasKvm, prepareHost } from './host.mjs';
import { kernelComplaints, taintComplaint } from './kernel-log.mjs';
import { kernelFor } from './kernels.mjs';
import { optionsFrom, UsageError } from './options.mjs';
import { runMachine } from './qemu.mjs';
import { rootDisk } from './root-disk.mjs';

const unavailableStatus = 77;
const staleInt3 = fileURLToPath(new URL('stale-int3', import.meta.url));
const logsAgeDays = 7;
const bootsMost = 3;

/** @param {string} name @param {import('./options.mjs').Options} options @returns {Promise<number>} */
async function runOn(name, options) {
  const kernel = await kernelFor(name);
  let image, initramfs, disk;
  try {
    const built = await buildModule(kernel, options.module, { make: options.make });
    const rigModules = await modulesOfTheRig(kernel, options);
    const task = { ...options, rigModules, disk: options.root.length > 0 };
    initramfs = await guestImage(kernel, built, task);
    image = readFileSync(kernel.image);
    if (options.root.length > 0) disk = await rootDisk(kernel.chroot.suite, options.root);
  } finally {
    kernel.leave();
  }
  const directory = options.logDirectory ?? logs();
  const log = join(directory, `${name}-${process.pid}`);
  progress(`booting ${kernel.release}; logs: ${log}.*`);
  console.log(`# kernel ${kernel.release}`);
  const machine = {
    ...options,
    ...{ image, initramfs, disk, console: `${log}.console` },
    append: `${kernel.append} ${options.append}`.trim(),
  };
  const report = await bootUntilStarted(machine);
  writeFileSync(`${log}.kernel`, report.log);
  return verdict(kernel.release, report, readFileSync(`${log}.console`, 'utf8'), options);
}

/** What stale-int3/ is about happens if QEMU emulates, with a thread for each CPU. */
async function modulesOfTheRig(kernel, options) {
  if (hasKvm() || options.icount) return new Map();
  const built = await buildModule(kernel, staleInt3);
  return new Map([...built].map(([path, { data }]) => [basename(path), data]));
}

/**
 * The same also happens while the kernel boots, before a module can help. That is no finding, as nothing
 * of ours has run: boot again.
 */
async function bootUntilStarted(machine) {
  for (let boots = 1; ; boots += 1) {
    const report = await runMachine(machine, (data) => process.stdout.write(data));
    const stale = /\bint3: 0000 \[#1\]/.test(readFileSync(machine.console, 'utf8'));
    if (report.started || !stale || boots === bootsMost) return report;
    progress('the emulator ran an instruction that was gone, while booting: once more');
  }
}

/** Says what went wrong, if anything did. */
function verdict(release, report, consoleText, options) {
  const faults = kernelComplaints(report.log || consoleText, options.allow);
  if (report.status === undefined) {
    const why = report.timedOut
      ? `no result within ${options.timeout} seconds`
      : 'the guest ended without a result';
    const tail = consoleText.trimEnd().split('\n').slice(-80).join('\n');
    faults.push(`${why}${report.complaints ? `; QEMU: ${report.complaints}` : ''}\n${tail}`);
  }
  if (report.taint !== undefined) faults.push(taintComplaint(report.taint) ?? []);
  const found = faults.flat();
  for (const fault of found) process.stderr.write(`\n!! ${release}: ${fault}\n`);
  const ending = found.length > 0 ? `${found.length} complaints` : `exit status ${report.status}`;
  progress(`${release}: ${ending} after ${report.seconds.toFixed(1)} s`);
  return found.length > 0 ? report.status || 1 : report.status;
}

/** The directory for logs of runs that name none; old ones go. */
function logs() {
  const directory = join(cache, 'logs');
  mkdirSync(directory, { recursive: true });
  for (const name of readdirSync(directory)) {
    const path = join(directory, name);
    const days = (Date.now() - statSync(path).mtimeMs) / 86_400_000;
    if (days > logsAgeDays) rmSync(path);
  }
  return directory;
}

try {
  const options = optionsFrom(process.argv.slice(2));
  prepareHost();
  for (const name of options.kernels) {
    const status = await runOn(name, options);
    if (status !== 0) process.exitCode ||= status;
  }
} catch (error) {
  if (error instanceof Unavailable || error instanceof SetupError) {
    console.log(`SKIP-REASON virtual machines: ${error.message.split('\n')[0]}`);
    console.error(error.message);
    process.exitCode ||= unavailableStatus;
  } else if (error instanceof UsageError || error instanceof CommandFailed) {
    console.error(error.message);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  } else throw error;
}
