// SPDX-License-Identifier: MIT
import test from 'ava';
import { parseListenAddress } from '../../src/daemon/listen-address.js';

test('reads hosts, addresses and sockets', (t) => {
  const tcp = (host: string, port: number, loopback: boolean): unknown => ({
    kind: 'tcp',
    host,
    port,
    loopback,
  });
  t.deepEqual(parseListenAddress('127.0.0.1:9464'), tcp('127.0.0.1', 9464, true));
  t.deepEqual(parseListenAddress('127.9.9.9:1'), tcp('127.9.9.9', 1, true));
  t.deepEqual(parseListenAddress('localhost:0'), tcp('localhost', 0, true));
  t.deepEqual(parseListenAddress('[::1]:80'), tcp('::1', 80, true));
  t.deepEqual(parseListenAddress('[::ffff:127.0.0.1]:80'), tcp('::ffff:127.0.0.1', 80, true));
  t.deepEqual(parseListenAddress('[::]:80'), tcp('::', 80, false));
  t.deepEqual(parseListenAddress('0.0.0.0:80'), tcp('0.0.0.0', 80, false));
  t.deepEqual(parseListenAddress('node-1.example:80'), tcp('node-1.example', 80, false));
  t.deepEqual(parseListenAddress('unix:/run/upm.sock'), { kind: 'unix', path: '/run/upm.sock' });
});

test('refuses what is none', (t) => {
  const texts = ['', '9464', ':9464', '::1:80', '[localhost]:80', 'a:b', 'a:70000', 'unix:rel'];
  for (const text of [...texts, `unix:/${'a'.repeat(107)}`]) {
    t.is(parseListenAddress(text).kind, 'malformed', text);
  }
});
