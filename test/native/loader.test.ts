// SPDX-License-Identifier: MIT
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { addonPath, native } from '../../src/native/addon.js';
import { runProgram } from './support.js';

test('the addon is loaded once', (t) => {
  t.is(native(), native());
  t.true(addonPath().endsWith('.node'));
});

test('an addon that is not built is reported with the remedy', async (t) => {
  const ended = await runProgram('load', [], {
    env: { ...process.env, UPM_ADDON: '/nonexistent/upm.node' },
  });
  const error = JSON.parse(ended.stdout) as { code: string; message: string };
  t.is(error.code, 'ERR_UPM_UNSUPPORTED');
  t.regex(error.message, /not built: run "npm run setup"/);
});

test('a file that is no addon of this machine is reported with the remedy', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'upm-'));
  t.teardown(() => {
    rmSync(folder, { recursive: true });
  });
  const path = join(folder, 'upm.node');
  writeFileSync(path, 'not an addon');
  const ended = await runProgram('load', [], { env: { ...process.env, UPM_ADDON: path } });
  const error = JSON.parse(ended.stdout) as { code: string; message: string };
  t.is(error.code, 'ERR_UPM_UNSUPPORTED');
  t.regex(error.message, /built for another system/);
});
