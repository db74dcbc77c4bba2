import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';

/** A part of RESULTS.md: what stands under one heading. */
export interface Section {
  readonly title: string;
  readonly lines: readonly string[];
}

const file = join(import.meta.dirname, 'RESULTS.md');
const INTRODUCTION = [
  '# Bench',
  '',
  "One training step of the notes' network: 3 × LSTM 150, batch 150, 28 × 28, softmax 10, Adam. Written by `npm run bench`; each part says when it was measured and under what load (`--only=PART` measures one part anew).",
  '',
];

/** Puts sections into RESULTS.md in the place of those with the same title; the others stay. */
export function writeSections(sections: readonly Section[]): void {
  const before = existsSync(file) ? readFileSync(file, 'utf8').split(/^## /m).slice(1) : [];
  const known = new Map(before.map(text => [text.slice(0, text.indexOf('\n')), text.trimEnd().split('\n').slice(2)]));
  for (const { title, lines } of sections) known.set(title, [...lines]);
  const text = [...known].flatMap(([title, lines]) => [`## ${title}`, '', ...lines, '']);
  writeFileSync(file, [...INTRODUCTION, ...text].join('\n').replace(/\n{3,}/g, '\n\n'));
}

/** When and where something was measured. */
export function circumstances(): string {
  const when = new Date().toISOString().slice(0, 16);
  return `Measured ${when} UTC on ${cpus()[0]?.model.trim() ?? 'an unknown processor'}, ${cpus().length} cores, ${process.platform} ${process.arch}; load before: ${loadavg()[0]!.toFixed(1)}.`;
}
