// SPDX-License-Identifier: MIT
/**
 * Calls exec() with the arguments given as JSON in argv[2]. If that fails, prints what the error was
 * and whether the process is as it was before.
 */
import { readFileSync } from 'node:fs';
import { native } from '../../../src/native/addon.js';

export interface ExecRequest {
  readonly file: string;
  readonly argv: readonly string[];
  readonly environment: readonly string[];
}

export interface ExecFailure {
  readonly error: unknown;
  readonly ignoredBefore: string;
  readonly before: string;
  readonly after: string;
}

/** Signal state, and flags of the standard streams. */
function state(): string {
  const signals = readFileSync('/proc/self/status', 'utf8').match(/^Sig(Blk|Ign|Cgt).*$/gm) ?? [];
  const flags = [0, 1, 2].map(
    (fd) => /^flags.*$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[0] ?? '',
  );
  return [...signals, ...flags].join('\n');
}

const request = JSON.parse(process.argv[2] ?? '') as ExecRequest;
// Opens them the way a program in the middle of its work has them: not blocking.
process.stdin.pause();
process.stdout.write('');
const before = state();
try {
  native().exec(request.file, request.argv, request.environment);
} catch (error) {
  const failure: ExecFailure = {
    error: error instanceof Error ? Object.fromEntries(Object.entries(error)) : error,
    ignoredBefore: /^SigIgn:\s*(.*)$/m.exec(before)?.[1] ?? '',
    before,
    after: state(),
  };
  console.log(JSON.stringify(failure));
}
