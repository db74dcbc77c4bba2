import { Value } from '@sinclair/typebox/value';
import { MetricRow } from './format.ts';
import { upgradeRow } from './upgrade.ts';

/** Rows as lines of `metrics.jsonl`. */
export function formatMetrics(rows: readonly MetricRow[]): string {
  return rows.map(row => `${JSON.stringify(row)}\n`).join('');
}

/**
 * The rows of a `metrics.jsonl`. A line that was torn when the process died is left out. A run that went on from a
 * checkpoint has written the steps after it anew: the newer ones count.
 */
export function parseMetrics(text: string): MetricRow[] {
  const rows: MetricRow[] = [];
  for (const line of text.split('\n')) {
    const row = parseLine(line);
    if (!row) continue;
    // After a checkpoint comes its next step, or the line of the epoch that it completes.
    const last = row.kind === 'step' ? row.step - 1 : row.step;
    if (last < (rows.at(-1)?.step ?? 0)) while ((rows.at(-1)?.step ?? 0) > last) rows.pop();
    rows.push(row);
  }
  return rows;
}

function parseLine(line: string): MetricRow | undefined {
  if (line === '') return undefined;
  try {
    const row = upgradeRow(JSON.parse(line));
    return Value.Check(MetricRow, row) ? row : undefined;
  } catch {
    return undefined;
  }
}
