// SPDX-License-Identifier: MIT
import test from 'ava';
import { runProgram } from './support.js';

for (const mode of ['with-main', 'workers-only']) {
  test(`worker threads use the addon and end with calls pending (${mode})`, async (t) => {
    t.timeout(120_000);
    const ended = await runProgram('workers', [mode]);
    t.deepEqual(
      { code: ended.code, signal: ended.signal, stdout: ended.stdout, stderr: ended.stderr },
      { code: 0, signal: null, stdout: 'done\n', stderr: '' },
    );
  });
}
