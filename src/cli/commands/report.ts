// SPDX-License-Identifier: MIT
/** `upm-advise report`: what memory processes hold, by kind, and what of it is merged. */
import { Command, InvalidArgumentError, Option } from 'commander';
import {
  availableBackends,
  chooseBackend,
  createHost,
  type AvailableBackend,
} from '../../backends/choose.js';
import { measurePotential, type KindPotential } from '../../accounting/potential.js';
import {
  explainFailure,
  reportProcess,
  type ProcessReport,
} from '../../accounting/process-report.js';
import { UpmError } from '../../errors.js';
import { native } from '../../native/addon.js';
import { hostRoots, type ReadFailure } from '../../proc/reading.js';
import { printReports, toJson, type ReportDocument } from '../format/report.js';

interface ReportOptions {
  readonly json?: true;
  readonly regions?: true;
  readonly potential?: true;
  readonly backend?: AvailableBackend;
}

export function reportCommand(): Command {
  return new Command('report')
    .summary('show the memory of processes, and what of it is merged')
    .description(
      'Shows RSS, PSS and USS of processes, by kind of region, and what of it is advised and merged.',
    )
    .argument('<pid...>', 'process ids', collectPid)
    .option('--regions', 'list every region of at least 1 MiB')
    .option('--potential', 'hash the private pages and tell what merging could save')
    .option('--json', 'for machines; sizes in bytes')
    .addOption(new Option('--backend <name>', 'count by this backend').choices(availableBackends))
    .action(async (pids: readonly number[], options: ReportOptions) => {
      await report([...new Set(pids)], options);
    });
}

function collectPid(word: string, previous: readonly number[] | undefined): readonly number[] {
  const pid = Number(word);
  if (!/^\d+$/.test(word) || !Number.isSafeInteger(pid) || pid < 1) {
    throw new InvalidArgumentError(`a process id is a positive number`);
  }
  return [...(previous ?? []), pid];
}

async function report(pids: readonly number[], options: ReportOptions): Promise<void> {
  const choice = await chooseBackend(options.backend);
  const host = createHost(choice, hostRoots, native().pageSize);
  const processes: ProcessReport[] = [];
  for (const pid of pids) {
    const reading = await reportProcess(hostRoots, host, pid);
    if (reading.kind !== 'value') throw failure(pid, reading);
    processes.push(reading.value);
  }
  const document: ReportDocument = {
    backend: choice.name,
    pageSize: native().pageSize,
    processes,
    ...(options.potential ? { potential: await potential(pids) } : {}),
  };
  process.stdout.write(
    options.json
      ? `${JSON.stringify(toJson(document), undefined, 2)}\n`
      : printReports(document, options.regions === true),
  );
}

async function potential(pids: readonly number[]): Promise<readonly KindPotential[]> {
  const reading = await measurePotential(hostRoots, pids);
  if (reading.kind === 'value') return reading.value;
  const pid = /\/proc\/(\d+)\//.exec(reading.path)?.[1];
  throw failure(Number(pid ?? pids[0]), reading);
}

function failure(pid: number, reading: ReadFailure): UpmError {
  const codes = {
    gone: 'ERR_UPM_NOT_FOUND',
    denied: 'ERR_UPM_PERMISSION',
    absent: 'ERR_UPM_UNSUPPORTED',
    invalid: 'ERR_UPM_SYSTEM',
  } as const;
  return new UpmError(codes[reading.kind], explainFailure(pid, reading));
}
