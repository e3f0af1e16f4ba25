// SPDX-License-Identifier: MIT
/** `npm run demo`: set-up, then the demo itself. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { main, root, setup } from './setup.mjs';

await main(async () => {
  setup();
  const demo = spawn(
    process.execPath,
    [join(root, 'dist/demo/main.js'), ...process.argv.slice(2)],
    {
      stdio: 'inherit',
    },
  );
  // Ctrl-C reaches the demo through the terminal; a signal to npm has to be passed on.
  const passOn = (signal) => demo.kill(signal);
  process.on('SIGTERM', passOn);
  process.on('SIGINT', () => undefined);
  process.exitCode = await new Promise((resolve) => {
    demo.once('exit', (status, signal) => resolve(status ?? (signal ? 130 : 1)));
  });
});
