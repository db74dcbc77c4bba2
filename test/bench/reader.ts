import { execFileSync } from 'node:child_process';
import { circumstances } from './results.ts';

interface Time {
  readonly median: number;
  readonly p95: number;
}

interface Result {
  readonly name: string;
  readonly lines: number;
  readonly models: number;
  readonly first: number;
  readonly whole: Time;
  readonly keystroke: Time;
  readonly hover: Time;
}

const text = ({ median, p95 }: Time): string => `${median.toFixed(1)} (${p95.toFixed(1)})`;

/** Lines of Markdown: what reading a file of 2,000 lines costs. @param program the built measurement */
export function readerSection(node: string, program: string, root: string): string[] {
  const when = circumstances();
  const printed = execFileSync(node, [program, root], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  const results = JSON.parse(printed) as Result[];
  return [
    '## Reading source code',
    '',
    when,
    '',
    "Files of 2,000 lines made of programs that ran in their frameworks; milliseconds of processor time, medians of 60 (95 % are faster than the number in brackets). *First* is by the clock, with cold code; *again* parses and evaluates the whole file; *keystroke* is a letter in the middle of it, with the last parse and the readings of the program's parts remembered.",
    '',
    '| file | models | first | again | keystroke | hover |',
    '|---|---|---|---|---|---|',
    ...results.map(
      ({ name, models, first, whole, keystroke, hover }) =>
        `| ${name} | ${models} | ${first.toFixed(0)} | ${text(whole)} | ${text(keystroke)} | ${text(hover)} |`,
    ),
    '',
  ];
}
