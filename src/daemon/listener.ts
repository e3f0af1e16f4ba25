// SPDX-License-Identifier: MIT
/** Makes the server listen, and turns what can go wrong with that into one clear line. */
import { chmod, lstat, unlink } from 'node:fs/promises';
import { connect } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { isErrnoException, messageOf, UpmError } from '../errors.js';
import type { ListenAddress } from './listen-address.js';

/**
 * Listens. Returns the address for people and clients, such as `http://127.0.0.1:9464` or
 * `unix:/run/upm/upmd.sock`. The socket file is removed when the server closes.
 * @param socketMode permissions of a unix socket.
 * @throws UpmError ERR_UPM_SYSTEM or ERR_UPM_PERMISSION.
 */
export async function listen(
  app: FastifyInstance,
  address: Exclude<ListenAddress, { kind: 'malformed' }>,
  socketMode: number,
): Promise<string> {
  try {
    if (address.kind === 'tcp') {
      return await app.listen({ host: address.host, port: address.port, listenTextResolver });
    }
    await removeStaleSocket(address.path);
    await listenUnix(app, address.path, socketMode);
    return `unix:${address.path}`;
  } catch (error) {
    throw listenError(error, address);
  }
}

const listenTextResolver = (address: string): string => `listening on ${address}`;

/** The mask keeps others out in the moment between bind and chmod. */
async function listenUnix(app: FastifyInstance, path: string, mode: number): Promise<void> {
  const previous = process.umask(0o777 & ~mode);
  try {
    await app.listen({ path, listenTextResolver });
  } finally {
    process.umask(previous);
  }
  await chmod(path, mode);
}

/** Removes the socket of a predecessor that crashed: one that is there and that nobody answers on. */
async function removeStaleSocket(path: string): Promise<void> {
  try {
    const stats = await lstat(path);
    if (!stats.isSocket()) {
      throw new UpmError('ERR_UPM_SYSTEM', `cannot listen on ${path}: it exists and is no socket`);
    }
  } catch (error) {
    if (isErrnoException(error) && error.code === 'ENOENT') return;
    throw error;
  }
  if (await answers(path)) {
    throw new UpmError(
      'ERR_UPM_SYSTEM',
      `cannot listen on ${path}: another process answers there; is upmd running already?`,
    );
  }
  await unlink(path);
}

async function answers(path: string): Promise<boolean> {
  return await new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error) => {
      if (isErrnoException(error) && error.code === 'ECONNREFUSED') resolve(false);
      else reject(error);
    });
  });
}

function listenError(error: unknown, address: ListenAddress): unknown {
  if (error instanceof UpmError || !isErrnoException(error)) return error;
  const denied = error.code === 'EACCES' || error.code === 'EPERM';
  const code = denied ? 'ERR_UPM_PERMISSION' : 'ERR_UPM_SYSTEM';
  return new UpmError(code, `cannot listen on ${place(address)}: ${cause(error)}`, {
    cause: error,
  });
}

function place(address: ListenAddress): string {
  switch (address.kind) {
    case 'tcp':
      return address.host.includes(':')
        ? `[${address.host}]:${address.port}`
        : `${address.host}:${address.port}`;
    case 'unix':
      return address.path;
    case 'malformed':
      return address.message;
  }
}

function cause(error: NodeJS.ErrnoException): string {
  switch (error.code ?? '') {
    case 'EADDRINUSE':
      return 'the address is in use; is upmd running already?';
    case 'EADDRNOTAVAIL':
      return 'this machine has no such address';
    case 'ENOENT':
      return 'the folder does not exist';
    case 'ENOTFOUND':
      return 'the host name is not known';
    case 'EACCES':
    case 'EPERM':
      return 'permission denied';
    default:
      return messageOf(error);
  }
}
