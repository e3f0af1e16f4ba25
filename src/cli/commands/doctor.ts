// SPDX-License-Identifier: MIT
/** `upm-advise doctor`: what this host offers, what is missing, and the remedy for each. */
import { Command } from 'commander';
import colors from 'picocolors';
import { defaultStateFile } from '../../backends/ksm/settings-record.js';
import { canMerge, examine } from '../../doctor/examine.js';
import type { Finding } from '../../doctor/finding.js';
import { exitStatus } from '../../errors.js';
import { hostRoots } from '../../proc/reading.js';

export function doctorCommand(): Command {
  return new Command('doctor')
    .summary('tell what this host offers, and the remedy for what is missing')
    .description('Examines this host. Changes nothing. Exit status 69 if nothing can be merged.')
    .option('--json', 'for machines')
    .option('--state-file <file>', "the driver's record", defaultStateFile)
    .action(async (options: { readonly json?: true; readonly stateFile: string }) => {
      const findings = await examine(hostRoots, options.stateFile);
      process.stdout.write(
        options.json
          ? `${JSON.stringify(findings, undefined, 2)}\n`
          : `${findings.map(describe).join('\n')}\n`,
      );
      if (!canMerge(findings)) process.exitCode = exitStatus.ERR_UPM_UNSUPPORTED;
    });
}

const marks: Readonly<Record<Finding['status'], string>> = {
  ok: colors.green('ok     '),
  note: colors.yellow('note   '),
  problem: colors.red('problem'),
};

function describe(finding: Finding): string {
  const line = `${marks[finding.status]}  ${finding.check}: ${finding.finding}`;
  return finding.remedy === undefined ? line : `${line}\n           → ${finding.remedy}`;
}
