/**
 * What a quick run changes of the settings, so that it shows learning within half a minute: one epoch of few examples.
 * Small batches learn more from the same work than large ones: with 50 rows the notes' network makes three times as many
 * updates as with 150, and reads four of five digits right after 100 steps.
 */
export const QUICK_RUN = { epochs: 1, batchSize: 50, examples: 5_000 } as const;
