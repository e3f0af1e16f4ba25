// SPDX-License-Identifier: MIT
/** Command line of the demo. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { allocatorModes, type AllocatorMode } from '../src/launch/allocator.js';

export interface DemoOptions {
  /** Instances in each of the two runs. */
  readonly functions: number;
  /** File for the result, for machines. */
  readonly json?: string;
  /** Leave the advised functions and upmd running until Ctrl-C. */
  readonly keep: boolean;
  /** Share of one core for ksmd. */
  readonly budget: number;
  /** How upm-advise run pins the allocator. */
  readonly allocator: AllocatorMode;
  /** Drive ksmd even if somebody else manages it. */
  readonly takeOver: boolean;
}

function wholeNumber(word: string): number {
  const value = Number(word);
  if (!/^\d+$/.test(word) || value < 1 || value > 64) {
    throw new InvalidArgumentError('give a whole number from 1 to 64.');
  }
  return value;
}

function share(word: string): number {
  const value = Number(word);
  if (!(value >= 0.01 && value <= 1))
    throw new InvalidArgumentError('give a share from 0.01 to 1.');
  return value;
}

/** @throws CommanderError on bad usage, help included. */
export function parseOptions(words: readonly string[]): DemoOptions {
  const command = new Command('npm run demo --')
    .description(
      'Starts function processes that read text out of images with PP-OCRv4 models, first as they ' +
        'are, then advised, and shows what the second run saves.',
    )
    .option('--functions <n>', 'instances of the function', wholeNumber, 4)
    .option('--json <file>', 'also write the result for machines')
    .option('--keep', 'leave the functions and upmd running until Ctrl-C', false)
    .option('--budget <share>', 'share of one core that ksmd may use', share, 0.8)
    .addOption(
      new Option('--allocator <when>', 'how upm-advise run pins malloc')
        .choices(allocatorModes)
        .default('load'),
    )
    .option('--take-over', 'drive ksmd even if somebody else manages it', false)
    .exitOverride();
  command.parse(words, { from: 'user' });
  return command.opts<DemoOptions>();
}
