/** A model as a run or a page remembers it. */
interface Remembered {
  readonly key: string;
  readonly hash: string;
}

/**
 * The model that is meant among those that stand in its source now: the same name, or else the same text under another
 * name (a fence of a note that has moved). Models of one program share their text, so text alone does not tell them apart.
 */
export function matchingModel<M extends Remembered>(models: readonly M[], { key, hash }: Remembered): M | undefined {
  const sameText = models.filter(model => model.hash === hash);
  if (sameText.length === 1) return sameText[0];
  return [...sameText, ...models].find(model => model.key === key);
}
