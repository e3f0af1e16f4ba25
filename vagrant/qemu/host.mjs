// SPDX-License-Identifier: MIT
/** What the rig needs from the machine it runs on. */
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import process from 'node:process';
import { hasCommand, installPackages } from '../../scripts/setup.mjs';
import { capture, progress, Unavailable } from './command.mjs';

const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';

const tools = [
  { package: 'qemu-system-x86', present: () => hasCommand('qemu-system-x86_64') },
  { package: 'mmdebstrap', present: () => hasCommand('mmdebstrap') },
  { package: 'debian-archive-keyring', present: () => existsSync(keyring) },
  { package: 'e2fsprogs', present: () => existsSync('/sbin/mke2fs') },
];

/** Installs what is missing, or says why the rig cannot be had here. */
export function prepareHost() {
  if (process.arch !== 'x64') throw new Unavailable('virtual machines are only made on x86-64');
  if (process.getuid?.() !== 0) {
    throw new Unavailable('only root can make the Debian systems that virtual machines come from');
  }
  const missing = installPackages(tools);
  if (missing.length > 0) throw new Unavailable(`cannot install ${missing.join(', ')}`);
}

/** Some machines have a /dev/kvm that runs only guests made for it; the processor's flag tells. */
export function hasKvm() {
  if (process.env.UPM_VM_ACCEL) return process.env.UPM_VM_ACCEL === 'kvm';
  if (!/^flags\b.*\b(vmx|svm)\b/m.test(readFileSync('/proc/cpuinfo', 'utf8'))) return false;
  try {
    accessSync('/dev/kvm', constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * The Debian archive this machine installs from; kernels for guests come from there as well.
 * @returns {Promise<{main: string, security?: string}>}
 */
export async function mirrors() {
  const fromEnvironment = process.env.UPM_DEBIAN_MIRROR;
  if (fromEnvironment) {
    return { main: fromEnvironment, security: process.env.UPM_DEBIAN_SECURITY_MIRROR };
  }
  let sites = await debianSites();
  if (!sites.main) {
    // Which sources are Debian's is known from the package lists, and those may never have been fetched.
    progress('updating the package lists');
    await capture('apt-get', ['update', '-q']).catch(() => undefined);
    sites = await debianSites();
  }
  if (!sites.main) {
    throw new Unavailable('this machine installs from no Debian archive; set UPM_DEBIAN_MIRROR');
  }
  return sites;
}

async function debianSites() {
  const format = '$(SITE) $(RELEASE)';
  const text = await capture('apt-get', [
    'indextargets',
    ...['--format', format],
    'Identifier: Packages',
    'Origin: Debian',
  ]).catch(() => '');
  const lines = text.split('\n').map((line) => line.split(' '));
  return {
    main: lines.find(([site, release]) => site && !release?.includes('-'))?.[0],
    security: lines.find(([, release]) => release?.endsWith('-security'))?.[0],
  };
}

/** Settings of the host's apt that a system inside needs to reach the same archive: proxies. */
export async function aptProxies() {
  const text = await capture('apt-config', ['dump', '--format', '%F "%v";%n', 'Acquire']);
  return text.split('\n').filter((line) => /^Acquire::[\w:./-]*proxy[\w:./-]* "[^"]/i.test(line));
}
