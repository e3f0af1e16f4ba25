// SPDX-License-Identifier: MIT
import test from 'ava';
import { setTimeout as sleep } from 'node:timers/promises';
import { createServiceManager } from '../../src/daemon/service-manager.js';

const unexpected = (message: string): void => {
  throw new Error(message);
};

test('tells the manager that it is ready, alive, and stopping', async (t) => {
  const sent: string[] = [];
  const manager = createServiceManager({
    environment: { NOTIFY_SOCKET: '/run/notify', WATCHDOG_USEC: '20000', WATCHDOG_PID: '5' },
    pid: 5,
    warn: unexpected,
    send: (path, message) => sent.push(`${path} ${message}`),
  });
  manager.ready();
  await sleep(100);
  manager.stopping();
  t.is(sent[0], '/run/notify READY=1');
  t.is(sent.at(-1), '/run/notify STOPPING=1');
  t.true(sent.filter((message) => message.endsWith('WATCHDOG=1')).length >= 2);
  const count = sent.length;
  await sleep(50);
  t.is(sent.length, count);
});

test('sends no signs of life that another process is asked for', async (t) => {
  const sent: string[] = [];
  const manager = createServiceManager({
    environment: { NOTIFY_SOCKET: '@n', WATCHDOG_USEC: '1000', WATCHDOG_PID: '6' },
    pid: 5,
    warn: unexpected,
    send: (_path, message) => sent.push(message),
  });
  manager.ready();
  await sleep(20);
  t.deepEqual(sent, ['READY=1']);
});

test('without a manager it says nothing', (t) => {
  const manager = createServiceManager({
    environment: {},
    pid: 5,
    warn: unexpected,
    send: unexpected,
  });
  manager.ready();
  manager.stopping();
  t.pass();
});

test('a manager that cannot be reached costs one line', (t) => {
  const warnings: string[] = [];
  const manager = createServiceManager({
    environment: { NOTIFY_SOCKET: '/nowhere' },
    pid: 5,
    warn: (message) => warnings.push(message),
    send: () => {
      unexpected('no such file');
    },
  });
  manager.ready();
  manager.stopping();
  t.deepEqual(warnings, ['cannot tell the service manager (no such file); going on without']);
});
