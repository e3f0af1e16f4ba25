// SPDX-License-Identifier: MIT
/** What holds for all parsers: none throws, whatever a process or a kernel puts into a file. */
import { readFileSync } from 'node:fs';
import test from 'ava';
import fc from 'fast-check';
import { parseCgroup } from '../../src/proc/cgroup.js';
import { parseCmdline } from '../../src/proc/cmdline.js';
import { parseKsmMergingPages, parseKsmStat } from '../../src/proc/ksm-stat.js';
import { parseAdvisorMode } from '../../src/proc/ksm-sysfs.js';
import { parseMaps, readMaps } from '../../src/proc/maps.js';
import { parseMeminfo } from '../../src/proc/meminfo.js';
import { parseSchedstat } from '../../src/proc/schedstat.js';
import { parseSmapsRollup } from '../../src/proc/smaps-rollup.js';
import { parseSmaps } from '../../src/proc/smaps.js';
import { parseStat } from '../../src/proc/stat.js';
import { parseStatus } from '../../src/proc/status.js';
import { parseVmstat } from '../../src/proc/vmstat.js';
import { fixturePath, temporaryProc } from './trees.js';

const parsers: readonly (readonly [file: string, parse: (text: string) => unknown])[] = [
  ['proc-6.18/8234/maps', parseMaps],
  ['proc-4.9/610/smaps', parseSmaps],
  ['proc-6.18/8233/smaps_rollup', parseSmapsRollup],
  ['proc-6.18/8233/status', parseStatus],
  ['proc-6.18/8233/stat', parseStat],
  ['proc-6.18/8233/schedstat', parseSchedstat],
  ['proc-6.18/8233/cmdline', parseCmdline],
  ['proc-6.18/8233/cgroup', parseCgroup],
  ['proc-6.18/8233/ksm_stat', parseKsmStat],
  ['proc-6.18/8233/ksm_merging_pages', parseKsmMergingPages],
  ['sys-6.8-advisor/kernel/mm/ksm/advisor_mode', parseAdvisorMode],
  ['proc-6.18/meminfo', parseMeminfo],
  ['proc-6.18/vmstat', parseVmstat],
];

for (const [file, parse] of parsers) {
  const content = readFileSync(fixturePath(file));

  test(`${file} is parsed whole, and cut at any byte without an exception`, (t) => {
    t.not(parse(content.toString()), undefined);
    for (let length = 0; length < content.length; length += 1) {
      t.notThrows(() => parse(content.toString('utf8', 0, length)));
    }
  });

  test(`${file} with any bytes changed is parsed without an exception`, (t) => {
    const change = fc.tuple(fc.nat({ max: content.length - 1 }), fc.nat({ max: 255 }));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 8 }), (changes) => {
        const changed = Buffer.from(content);
        for (const [at, byte] of changes) changed[at] = byte;
        t.notThrows(() => parse(changed.toString()));
      }),
    );
  });

  test(`in place of ${file}, any text is parsed without an exception`, (t) => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        t.notThrows(() => parse(text));
      }),
    );
  });
}

test('a reader of a file that was cut gives a value or calls it invalid', async (t) => {
  const content = readFileSync(fixturePath('proc-6.18/8234/maps'));
  const files: Record<string, Buffer> = {};
  for (let length = 1; length <= 200; length += 1)
    files[`${length}/maps`] = content.subarray(0, length);
  const roots = await temporaryProc(t, files);
  for (let pid = 1; pid <= 200; pid += 1) {
    const { kind } = await readMaps(roots, pid);
    t.true(kind === 'value' || kind === 'invalid');
  }
});
