// SPDX-License-Identifier: MIT
/**
 * The record of what ksmd was set to before a driver took over. It is on disk before the first
 * setting changes, so that whoever comes after a crash can put things back; and since it is created
 * exclusively, it is also what keeps two drivers from driving at once.
 */
import { randomBytes } from 'node:crypto';
import { constants, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { link, mkdir, open, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { UpmError, isErrnoException, messageOf } from '../../errors.js';
import { readStat } from '../../proc/stat.js';
import type { HostRoots } from '../../proc/reading.js';
import type { DrivenSettings } from './driver-status.js';

/** Where the record is kept unless told otherwise: /run does not survive a boot, nor do the settings. */
export const defaultStateFile = '/run/upm/ksm-settings.json';

const Settings = Type.Object({
  run: Type.Integer({ minimum: 0, maximum: 2 }),
  pagesToScan: Type.Integer({ minimum: 0, maximum: 0xffff_ffff }),
  sleepMillisecs: Type.Integer({ minimum: 0, maximum: 0xffff_ffff }),
  advisorMode: Type.Optional(Type.String({ pattern: '^[a-z-]{1,32}$' })),
});

const RecordSchema = Type.Object({
  version: Type.Literal(1),
  bootId: Type.String(),
  owner: Type.Object({
    pid: Type.Integer(),
    startTimeTicks: Type.String(),
    /** Pids mean nothing outside their namespace. */
    pidNamespace: Type.String(),
  }),
  original: Settings,
});

export type SettingsRecord = Type.Static<typeof RecordSchema>;

/** This process, as the owner of a record. */
export async function ownRecord(
  roots: HostRoots,
  original: DrivenSettings,
): Promise<SettingsRecord> {
  const stat = await readStat(roots, process.pid);
  if (stat.kind !== 'value') {
    throw new UpmError('ERR_UPM_SYSTEM', `cannot read ${stat.path}: ${stat.message}`);
  }
  return {
    version: 1,
    bootId: bootId(roots),
    owner: {
      pid: process.pid,
      startTimeTicks: String(stat.value.startTimeTicks),
      pidNamespace: pidNamespace(roots),
    },
    original,
  };
}

function bootId(roots: HostRoots): string {
  try {
    return readFileSync(join(roots.proc, 'sys/kernel/random/boot_id'), 'utf8').trim();
  } catch {
    return '';
  }
}

function pidNamespace(roots: HostRoots): string {
  try {
    return readlinkSync(join(roots.proc, 'self/ns/pid'));
  } catch {
    return '';
  }
}

async function writeBeside(file: string, record: SettingsRecord): Promise<string> {
  const temporary = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  await writeFile(temporary, `${JSON.stringify(record, undefined, 2)}\n`, {
    mode: 0o600,
    flag: 'wx',
    flush: true,
  });
  return temporary;
}

function storeFailure(file: string, error: unknown): UpmError {
  const denied = isErrnoException(error) && ['EACCES', 'EPERM', 'EROFS'].includes(error.code ?? '');
  return new UpmError(
    denied ? 'ERR_UPM_PERMISSION' : 'ERR_UPM_SYSTEM',
    `cannot keep ksmd's settings in ${file} (${messageOf(error)}): without that record they could ` +
      `not be restored after a crash, so ksmd is left alone`,
    { cause: error },
  );
}

/**
 * Creates the record, whole and only if there is none.
 * @returns false if there is one already.
 */
export async function createRecord(file: string, record: SettingsRecord): Promise<boolean> {
  let temporary: string | undefined;
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o755 });
    temporary = await writeBeside(file, record);
    // A link, not a rename: it fails if the name is taken.
    await link(temporary, file);
    return true;
  } catch (error) {
    if (temporary && isErrnoException(error) && error.code === 'EEXIST') return false;
    throw storeFailure(file, error);
  } finally {
    if (temporary) await rm(temporary, { force: true });
  }
}

export async function removeRecord(file: string): Promise<void> {
  await rm(file, { force: true });
}

export function removeRecordSync(file: string): void {
  rmSync(file, { force: true });
}

/**
 * What the record says is written to /sys by root, so it must be from root or from this user: nobody
 * else may have put it there, also where the folder is open to all.
 */
async function readTrusted(file: string): Promise<string> {
  // Not blocking: a FIFO under that name would hold us for ever.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const handle = await open(file, flags);
  try {
    const { uid, mode } = await handle.stat();
    const trusted = (uid === 0 || uid === process.geteuid?.()) && (mode & 0o022) === 0;
    if ((mode & constants.S_IFMT) !== constants.S_IFREG || !trusted) {
      throw new Error('not a file that only root or this user can write');
    }
    return await handle.readFile('utf8');
  } finally {
    await handle.close();
  }
}

/** @returns undefined if there is none. @throws UpmError if it cannot be read or is not a record. */
export async function loadRecord(file: string): Promise<SettingsRecord | undefined> {
  let text: string;
  try {
    text = await readTrusted(file);
  } catch (error) {
    if (isErrnoException(error) && error.code === 'ENOENT') return undefined;
    const denied = isErrnoException(error) && ['EACCES', 'EPERM'].includes(error.code ?? '');
    throw new UpmError(
      denied ? 'ERR_UPM_PERMISSION' : 'ERR_UPM_SYSTEM',
      `cannot read the record of ksmd's settings ${file}: ${messageOf(error)}`,
      { cause: error },
    );
  }
  try {
    const value: unknown = JSON.parse(text);
    if (Value.Check(RecordSchema, value)) return value;
  } catch {
    // Falls through: not JSON is as bad as not a record.
  }
  throw new UpmError(
    'ERR_UPM_SYSTEM',
    `${file} is not a record of ksmd's settings; look at it, then remove it`,
  );
}

/** What is known of a record's owner. */
export type OwnerState =
  | { readonly kind: 'self' | 'alive' | 'dead' }
  /** Made before the last boot: the settings went with it. */
  | { readonly kind: 'stale' }
  /** Made in another pid namespace: we cannot tell whether its owner lives. */
  | { readonly kind: 'foreign' };

export async function ownerState(roots: HostRoots, record: SettingsRecord): Promise<OwnerState> {
  if (record.bootId !== bootId(roots)) return { kind: 'stale' };
  if (record.owner.pidNamespace !== pidNamespace(roots)) return { kind: 'foreign' };
  const stat = await readStat(roots, record.owner.pid);
  const alive =
    stat.kind === 'value' &&
    stat.value.state !== 'Z' &&
    String(stat.value.startTimeTicks) === record.owner.startTimeTicks;
  if (!alive) return { kind: 'dead' };
  return { kind: record.owner.pid === process.pid ? 'self' : 'alive' };
}
