import assert from 'node:assert/strict';
import { describedSchema, FIELDS } from '../../../engine/model/describedSchema.ts';

/** All fields of a schema, with what is said of each. */
function fields(node: unknown, found: { name: string; text: unknown }[] = []): { name: string; text: unknown }[] {
  if (Array.isArray(node)) for (const item of node) fields(item, found);
  else if (typeof node === 'object' && node !== null) {
    const { properties = {} } = node as { properties?: Record<string, { description?: string }> };
    for (const [name, field] of Object.entries(properties)) found.push({ name, text: field.description });
    for (const value of Object.values(node)) fields(value, found);
  }
  return found;
}

describe('the schema of *.rnn.json', () => {
  const all = fields(describedSchema()).filter(
    ({ name, text }) => !(typeof text === 'object' || name === 'description'),
  );

  it('says of each field what it is', () => {
    assert.deepEqual([...new Set(all.filter(({ text }) => text === undefined).map(({ name }) => name))], []);
    assert.ok(all.length > 300);
  });

  it('says it in the place where a name means another thing', () => {
    const said = (name: string): unknown[] => [...new Set(all.filter(field => field.name === name).map(({ text }) => text))]; // prettier-ignore
    assert.deepEqual(said('size'), [FIELDS['size'], FIELDS['convolve.size']]);
    assert.deepEqual(said('names').length, 2);
  });

  it('says nothing of fields that there are not', () => {
    const names = new Set(all.map(({ name }) => name));
    assert.deepEqual(Object.keys(FIELDS).filter(name => !names.has(name.split('.').at(-1)!)), []); // prettier-ignore
  });
});
