/** How far an evaluation goes, whatever the text says. */

/** Expressions that are evaluated for one text, for one loop, and calls inside calls. */
export const MAX_WORK = 300_000;
export const MAX_LOOP_WORK = 30_000;
export const MAX_CALL_DEPTH = 12;
export const MAX_ITERATIONS = 128;
