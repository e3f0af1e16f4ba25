// SPDX-License-Identifier: MIT
/** `upm-advise restore`: puts ksmd's settings back after a driver that crashed. */
import { Command } from 'commander';
import { recoverKsmSettings, type Recovery } from '../../backends/ksm/recover.js';
import { ksmFiles } from '../../proc/ksm-sysfs.js';
import { hostRoots } from '../../proc/reading.js';
import { defaultStateFile } from '../../backends/ksm/settings-record.js';

export function restoreCommand(): Command {
  return new Command('restore')
    .summary("put ksmd's settings back after a crash")
    .description(
      "Puts ksmd's settings back to what they were before a driver (upmd, the demo) that did not " +
        'live to do it itself. upmd does the same when it starts.',
    )
    .option('--state-file <file>', "the driver's record", defaultStateFile)
    .action(async (options: { readonly stateFile: string }) => {
      const recovery = await recoverKsmSettings({
        roots: hostRoots,
        stateFile: options.stateFile,
      });
      process.stdout.write(`${describeRecovery(recovery, options.stateFile)}\n`);
    });
}

function describeRecovery(recovery: Recovery, file: string): string {
  switch (recovery.kind) {
    case 'nothing-to-recover':
      return `nothing to restore: there is no record in ${file}`;
    case 'in-use':
      return `nothing restored: process ${recovery.pid} drives ksmd right now, or cannot be seen from here`;
    case 'outdated':
      return `nothing to restore: the record was older than the last boot, and is removed`;
    case 'recovered': {
      const restored = Object.entries(recovery.restored).map(
        ([name, value]) => `${ksmFiles[name as keyof typeof ksmFiles]} = ${value}`,
      );
      const kept = recovery.kept.map((name) => ksmFiles[name]);
      return [
        restored.length > 0 ? `restored ${restored.join(', ')}` : 'all settings were back already',
        ...(kept.length > 0 ? [`left ${kept.join(', ')}: changed by somebody else since`] : []),
      ].join('; ');
    }
  }
}
