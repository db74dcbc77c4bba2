/** CPU time of the threads of a process, from Linux' /proc; other systems tell nothing. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** USER_HZ, which is 100 on every Linux that Node runs on. */
const TICKS_A_SECOND = 100;

/** Seconds of CPU that each thread has taken so far, by its id; the main thread has the id of the process. */
export function threadSeconds(pid: number): ReadonlyMap<number, number> {
  const seconds = new Map<number, number>();
  const folder = `/proc/${pid}/task`;
  if (!existsSync(folder)) return seconds;
  for (const thread of readdirSync(folder)) {
    const stat = readIfThere(`${folder}/${thread}/stat`);
    // The name in parentheses may hold spaces; user and system time are the 14th and 15th field.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (stat !== '') seconds.set(Number(thread), (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND);
  }
  return seconds;
}

/** The process below `ancestor` whose command line holds `text`. */
export function findProcess(ancestor: number, text: string): number | undefined {
  const parents = new Map<number, number>();
  for (const name of existsSync('/proc') ? readdirSync('/proc') : []) {
    if (!/^\d+$/.test(name)) continue;
    const stat = readIfThere(`/proc/${name}/stat`);
    parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
  }
  const below = (pid: number | undefined): boolean =>
    pid !== undefined && pid > 1 && (pid === ancestor || below(parents.get(pid)));
  return [...parents.keys()].find(pid => below(pid) && readIfThere(`/proc/${pid}/cmdline`).includes(text));
}

/** Processes and threads come and go while they are read. */
function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
