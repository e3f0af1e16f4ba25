// SPDX-License-Identifier: MIT
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, closeSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import test, { type ExecutionContext } from 'ava';
import { native } from '../../src/native/addon.js';
import { hasPython, runProgram, systemError, unchecked } from './support.js';

const addon = native();
const pythonTest = hasPython ? test : test.skip;
if (!hasPython) console.log('SKIP-REASON python3, which receives datagrams, is missing');

function temporaryFolder(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'upm-'));
  t.teardown(() => {
    rmSync(folder, { recursive: true });
  });
  return folder;
}

/** The descriptor of a socket or server. Node has no public name for it. */
function descriptorOf(socket: Socket | Server): number {
  const handle: unknown = Reflect.get(socket, '_handle');
  if (typeof handle !== 'object' || handle === null) throw new Error('not open');
  return Reflect.get(handle, 'fd') as number;
}

/** A connection and both its ends. */
async function connection(
  t: ExecutionContext,
  listen: (server: Server) => void,
): Promise<{ server: Server; client: Socket; accepted: Socket }> {
  const server = createServer();
  listen(server);
  await once(server, 'listening');
  const address = server.address();
  if (address === null) throw new Error('not listening');
  const client =
    typeof address === 'string' ? connect(address) : connect(address.port, '127.0.0.1');
  const [accepted] = (await once(server, 'connection')) as [Socket];
  t.teardown(() => {
    client.destroy();
    accepted.destroy();
    server.close();
  });
  return { server, client, accepted };
}

test('the peer of a unix socket is known on both ends', async (t) => {
  const path = join(temporaryFolder(t), 'socket');
  const { client, accepted } = await connection(t, (server) => server.listen(path));
  t.like(addon.peerCredentials(descriptorOf(accepted)), {
    pid: process.pid,
    uid: process.getuid?.(),
    gid: process.getgid?.(),
  });
  t.is(addon.peerCredentials(descriptorOf(client)).pid, process.pid);
});

test('the peer of a socket pair is the process that made the pair', async (t) => {
  // Node gives its children socket pairs as standard streams.
  const child = await runProgram('peer');
  t.deepEqual(JSON.parse(child.stdout), {
    pid: process.pid,
    uid: process.getuid?.(),
    gid: process.getgid?.(),
  });
});

test('a listening unix socket has no peer: ENOTCONN', async (t) => {
  const path = join(temporaryFolder(t), 'socket');
  const { server } = await connection(t, (it) => it.listen(path));
  const error = t.throws(() => addon.peerCredentials(descriptorOf(server)));
  t.like(error, systemError('getsockopt', 'ENOTCONN'));
});

test('a TCP connection has no unix peer: ENOTCONN', async (t) => {
  const { client, accepted } = await connection(t, (server) => server.listen(0, '127.0.0.1'));
  for (const socket of [client, accepted]) {
    const error = t.throws(() => addon.peerCredentials(descriptorOf(socket)));
    t.like(error, systemError('getsockopt', 'ENOTCONN'));
  }
});

test('a descriptor that is no socket, or not open, is refused', (t) => {
  const fd = openSync('/dev/null', 'r');
  t.teardown(() => {
    closeSync(fd);
  });
  const file = t.throws(() => addon.peerCredentials(fd));
  t.like(file, systemError('getsockopt', 'ENOTSOCK'));
  const closed = t.throws(() => addon.peerCredentials(2 ** 31 - 1));
  t.like(closed, systemError('getsockopt', 'EBADF'));
});

test('impossible descriptors throw before any system call', (t) => {
  for (const fd of [-1, 0.5, NaN, 2 ** 31, Infinity]) {
    t.throws(() => addon.peerCredentials(fd), { instanceOf: RangeError });
  }
  const peerCredentials = unchecked('peerCredentials');
  for (const fd of [undefined, null, '0', 0n, {}]) {
    t.throws(() => peerCredentials(fd), { instanceOf: TypeError });
  }
});

const receive = `
import socket, sys
name = sys.argv[1]
server = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
server.bind("\\0" + name[1:] if name[0] == "@" else name)
print("bound", flush=True)
sys.stdout.write(server.recv(65536).decode())
`;

/** What a datagram socket bound to `name` receives while `send` runs. */
async function received(name: string, send: () => void): Promise<string> {
  const child = spawn('python3', ['-c', receive, name], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: string[] = [];
  for await (const line of createInterface(child.stdout)) {
    if (lines.push(line) === 1) send();
  }
  return lines.slice(1).join('\n');
}

pythonTest('a notification reaches a socket in the file system', async (t) => {
  const path = join(temporaryFolder(t), 'notify');
  const message = 'READY=1\nSTATUS=ö ready';
  t.is(
    await received(path, () => {
      addon.sdNotify(path, message);
    }),
    message,
  );
});

pythonTest('a notification reaches an abstract socket, also with the longest name', async (t) => {
  for (const name of [`@upm-${process.pid}`, `@${process.pid}`.padEnd(108, 'x')]) {
    t.is(
      await received(name, () => {
        addon.sdNotify(name, 'STOPPING=1');
      }),
      'STOPPING=1',
    );
  }
});

test('a service manager that is not there gives the error of the kernel', async (t) => {
  const folder = temporaryFolder(t);
  const missing = t.throws(() => {
    addon.sdNotify(join(folder, 'none'), 'READY=1');
  });
  t.like(missing, systemError('sendto', 'ENOENT'));
  const abstract = t.throws(() => {
    addon.sdNotify(`@upm-none-${process.pid}`, 'READY=1');
  });
  t.like(abstract, systemError('sendto', 'ECONNREFUSED'));
  const path = join(folder, 'stream');
  await connection(t, (server) => server.listen(path));
  const stream = t.throws(() => {
    addon.sdNotify(path, 'READY=1');
  });
  t.like(stream, systemError('sendto', 'EPROTOTYPE'));
});

test('a message too large for a datagram gives EMSGSIZE', async (t) => {
  const path = join(temporaryFolder(t), 'stream');
  await connection(t, (server) => server.listen(path));
  const error = t.throws(() => {
    addon.sdNotify(path, 'x'.repeat(2 ** 26));
  });
  t.like(error, systemError('sendto', 'EMSGSIZE'));
});

test('no socket stays open after a notification', (t) => {
  const before = openSync('/dev/null', 'r');
  closeSync(before);
  for (let i = 0; i < 50; i++)
    t.throws(() => {
      addon.sdNotify('/nonexistent/upm', 'READY=1');
    });
  const after = openSync('/dev/null', 'r');
  closeSync(after);
  t.is(after, before);
});

test('impossible socket paths and messages throw RangeError', (t) => {
  const paths = ['', '/', '@', 'relative', 'vsock:2:9999', '/a\0b', '@a\0b'];
  const tooLong = ['/'.padEnd(108, 'x'), '@'.padEnd(109, 'x'), `/${'ö'.repeat(54)}`];
  for (const path of [...paths, ...tooLong]) {
    t.throws(
      () => {
        addon.sdNotify(path, 'READY=1');
      },
      { instanceOf: RangeError },
      path,
    );
  }
  for (const message of ['', 'READY=1\0']) {
    t.throws(
      () => {
        addon.sdNotify('/run/none', message);
      },
      { instanceOf: RangeError },
    );
  }
});

test('arguments of another type throw TypeError', (t) => {
  const sdNotify = unchecked('sdNotify');
  for (const bad of [undefined, null, 1, {}, Buffer.from('/x'), Object('/x')]) {
    t.throws(() => sdNotify(bad, 'READY=1'), { instanceOf: TypeError });
    t.throws(() => sdNotify('/run/none', bad), { instanceOf: TypeError });
  }
});
