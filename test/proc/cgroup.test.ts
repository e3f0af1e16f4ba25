// SPDX-License-Identifier: MIT
import test from 'ava';
import fc from 'fast-check';
import {
  accountingPath,
  parseCgroup,
  readCgroup,
  type CgroupMembership,
} from '../../src/proc/cgroup.js';
import { failureIn, fixtureRoots, temporaryProc, valueOf } from './trees.js';

const containers = fixtureRoots({ proc: 'proc-cgroups' });
const id = '3f4e5d6c7b8a99887766554433221100ffeeddccbbaa99887766554433221100';
const uid = '0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9';
const uidInSlice = uid.replaceAll('-', '_');

test('a hybrid host lists version 1 hierarchies and the version 2 path', async (t) => {
  const membership = valueOf(await readCgroup(fixtureRoots({ proc: 'proc-6.18' }), 8233));
  t.is(membership.v2Path, '/');
  t.deepEqual(membership.v1[0], { hierarchy: 9, controllers: ['name=systemd'], path: '/' });
  t.is(accountingPath(membership), '/system.slice/example.service');
});

test('controllers that share a hierarchy are listed together', async (t) => {
  const { v1, v2Path } = valueOf(await readCgroup(fixtureRoots({ proc: 'proc-4.19' }), 742));
  t.is(v2Path, undefined);
  t.is(v1.length, 12);
  t.deepEqual(v1[2], {
    hierarchy: 10,
    controllers: ['net_cls', 'net_prio'],
    path: `/docker/${id}`,
  });
});

const shapes: readonly (readonly [shape: string, pid: number, path: string | undefined])[] = [
  ['Docker, version 1', 101, `/docker/${id}`],
  ['Docker with systemd, version 2', 102, `/system.slice/docker-${id}.scope`],
  [
    'Kubernetes with containerd, version 2',
    103,
    `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${uidInSlice}.slice/cri-containerd-${id}.scope`,
  ],
  ['Kubernetes, version 1', 104, `/kubepods/besteffort/pod${uid}/${id}`],
  ['faasd, version 2', 105, '/openfaas-fn/figlet'],
  ['podman, version 2', 106, `/machine.slice/libpod-${id}.scope/container`],
  ['Docker on a hybrid host', 107, `/docker/${id}`],
  ['no memory controller', 108, '/system.slice/ssh.service'],
  [
    'Kubernetes with CRI-O on a hybrid host',
    109,
    `/kubepods.slice/kubepods-pod${uidInSlice}.slice/crio-${id}.scope`,
  ],
  ['a group that was removed', 110, '/system.slice/docker-gone.scope (deleted)'],
  ['no control groups mounted', 111, undefined],
  ["a group outside the reader's namespace", 112, '/../../other'],
  [
    'a path with colons (containerd under its own service)',
    113,
    `/system.slice/containerd.service/kubepods-burstable-pod${uidInSlice}.slice:cri-containerd:${id}`,
  ],
  ['faasd on a hybrid host', 114, '/openfaas-fn/figlet'],
  ['a hierarchy of another init system only', 115, undefined],
];

for (const [shape, pid, path] of shapes) {
  test(`the path to attribute by: ${shape}`, async (t) => {
    t.is(accountingPath(valueOf(await readCgroup(containers, pid))), path);
  });
}

test('a malformed line makes the file invalid', async (t) => {
  for (const bad of ['\n', 'x', '1:memory', ':memory:/', 'x:memory:/', '1:memory:relative', '0::'])
    t.is(parseCgroup(bad), undefined, bad);
  const roots = await temporaryProc(t, { '7/cgroup': '0::/ok\nnonsense\n' });
  t.is(failureIn(await readCgroup(roots, 7)).kind, 'invalid');
});

test('any membership survives printing', (t) => {
  const path = fc
    .string()
    .filter((text) => !text.includes('\n'))
    .map((text) => `/${text}`);
  const controllers = fc.array(fc.constantFrom('memory', 'cpu', 'pids', 'name=systemd'), {
    minLength: 1,
  });
  const v1 = fc.array(fc.record({ hierarchy: fc.integer({ min: 1, max: 99 }), controllers, path }));
  const any = fc.record({ v2Path: path, v1 }, { requiredKeys: ['v1'] });
  fc.assert(
    fc.property(any, (membership) => {
      t.deepEqual(parseCgroup(printed(membership)), membership);
    }),
  );
});

function printed(membership: CgroupMembership): string {
  const lines = membership.v1.map(
    ({ hierarchy, controllers, path }) => `${hierarchy}:${controllers.join(',')}:${path}\n`,
  );
  if (membership.v2Path !== undefined) lines.push(`0::${membership.v2Path}\n`);
  return lines.join('');
}
