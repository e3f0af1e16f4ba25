// SPDX-License-Identifier: MIT
/** Where the daemon listens, as text and as data. */
import { BlockList, isIP } from 'node:net';

export type ListenAddress =
  | {
      readonly kind: 'tcp';
      readonly host: string;
      readonly port: number;
      /** Only this machine can reach it. */
      readonly loopback: boolean;
    }
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'malformed'; readonly message: string };

/** The kernel's limit for the path of a socket (sun_path), less the NUL. */
const longestSocketPath = 107;

const loopbackRanges = new BlockList();
loopbackRanges.addSubnet('127.0.0.0', 8, 'ipv4');
loopbackRanges.addAddress('::1', 'ipv6');

/** Parses `HOST:PORT`, `[IPV6]:PORT` or `unix:/PATH`. */
export function parseListenAddress(text: string): ListenAddress {
  if (text.startsWith('unix:')) return unixAddress(text.slice('unix:'.length));
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/u.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || (match?.[1] !== undefined && isIP(host) !== 6)) {
    return malformed(`must be HOST:PORT, [IPV6]:PORT or unix:/PATH, not "${text}"`);
  }
  if (port > 65_535) return malformed(`port ${port} is above 65535`);
  return { kind: 'tcp', host, port, loopback: isLoopback(host) };
}

function unixAddress(path: string): ListenAddress {
  if (!path.startsWith('/')) return malformed('the path of a socket must be absolute');
  if (Buffer.byteLength(path) > longestSocketPath) {
    return malformed(`the path of a socket has at most ${longestSocketPath} bytes`);
  }
  return { kind: 'unix', path };
}

/** A name other than localhost may resolve to anything, so it does not count. */
function isLoopback(host: string): boolean {
  const family = isIP(host);
  if (family === 0) return host === 'localhost';
  return loopbackRanges.check(host, family === 6 ? 'ipv6' : 'ipv4');
}

function malformed(message: string): ListenAddress {
  return { kind: 'malformed', message };
}
