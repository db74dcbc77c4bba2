/** What Python's programs keep their settings in: flags, name spaces, named tuples, dicts with attributes, files of JSON. */
import type { Arguments, CallEntry, CallTable, GivenArgument } from '../calls.ts';
import { itemsOf } from '../items.ts';
import { parseJson } from '../json.ts';
import { type Abstract, list, NONE, string, tuple, unknown } from '../values.ts';
import { dictOf, entriesOf } from './builtins.ts';

/** The modules that have `DEFINE_integer` and `FLAGS`. */
export const FLAGS_MODULE =
  /^(?:(?:tensorflow|tf)(?:\.compat\.v1)?(?:\.app|\.python\.platform|\.platform)?\.flags|gflags)(?=\.|$)/;
export const HPARAMS =
  /^(?:(?:tensorflow|tf)\.contrib\.training(?:\.python\.training\.hparam)?|tensor2tensor\.utils\.hparam)\.HParams$/;

const named = (args: Arguments): Map<string, Abstract> => new Map(args.names().map(name => [name, args.get(name)!]));

/** An object whose attributes are the named arguments. */
const settings = (type: string): CallEntry => ({
  signature: '',
  result: ({ args }) => ({ kind: 'object', type, attributes: named(args) }),
});

/** A flag holds its default, for a program that is run without arguments. */
const define: CallEntry = {
  signature: 'name, default, help=None',
  result: ({ args, reader }) => {
    const name = args.string('name');
    if (name === undefined) return NONE;
    const value = args.some('default') ?? unknown(name);
    reader.flags.attributes.set(name, value);
    return { kind: 'object', type: 'settings', attributes: new Map([['value', value]]) };
  },
};

const defineEnum: CallEntry = { ...define, signature: 'name, default, enum_values=None, help=None' };

/** A dict whose entries are attributes, also those inside it. */
const attributeDict: CallEntry = { signature: '', result: ({ args }) => byName(dictOf(args), 0) };

function byName(value: Abstract, depth: number): Abstract {
  if (value.kind !== 'dict' || depth > DEEPEST) return value;
  const entries = new Map([...value.entries].map(([key, item]) => [key, byName(item, depth + 1)]));
  return { ...entriesOf(entries), byName: true };
}

const DEEPEST = 8;

/** A class of tuples: its fields, with their defaults. */
const namedTuple: CallEntry = {
  signature: 'typename, field_names, rename=False, defaults=None, module=None',
  result: ({ args }) => {
    const given = args.get('field_names');
    const texts = given?.kind === 'string' ? given.value.split(/[\s,]+/).map(string) : (itemsOf(given) ?? []);
    const fields = texts.flatMap(text => {
      // `NamedTuple('Size', [('hidden', int)])`
      const name = text.kind === 'sequence' ? text.items[0] : text;
      return name?.kind === 'string' && name.value !== '' ? [name.value] : [];
    });
    const defaults = itemsOf(args.some('defaults')) ?? [];
    const first = fields.length - defaults.length;
    const attributes = new Map(fields.map((name, at) => [name, defaults[at - first] ?? unknown(name)]));
    return { kind: 'object', type: 'namedtuple', attributes };
  },
};

const METADATA = new Set(['default', 'default_factory']);

/** Hands over to `main`, with what is left of the command line. */
const runMain: CallEntry = {
  signature: 'main=None, argv=None',
  result: ({ args, reader, range }) => {
    const main = args.some('main') ?? reader.global(/^main$/);
    return main === null ? NONE : reader.call(main, [args.some('argv') ?? unknown('argv')], range);
  },
};

export const SETTINGS_CALLS: CallTable = {
  'absl.app.run': runMain,
  'tensorflow.app.run': runMain,
  'tensorflow.compat.v1.app.run': runMain,
  ...Object.fromEntries(
    ['integer', 'float', 'string', 'boolean', 'bool', 'list', 'multi_integer'].map(type => [
      `absl.flags.DEFINE_${type}`,
      define,
    ]),
  ),
  'absl.flags.DEFINE_enum': defineEnum,
  HParams: settings('settings'),
  'argparse.Namespace': settings('namespace'),
  'types.SimpleNamespace': settings('namespace'),
  'easydict.EasyDict': attributeDict,
  'munch.Munch': attributeDict,
  'addict.Dict': attributeDict,
  'attrdict.AttrDict': attributeDict,
  'box.Box': attributeDict,
  'collections.OrderedDict': { signature: '', result: ({ args }) => dictOf(args) },
  'collections.namedtuple': namedTuple,
  'typing.NamedTuple': namedTuple,
  'dataclasses.field': {
    signature: '',
    result: ({ args, reader, range }) => {
      const [name] = args.names().filter(each => METADATA.has(each));
      if (name === undefined) return unknown(reader.assignedTo ?? '');
      const value = args.get(name)!;
      return name === 'default' ? value : reader.apply(value, [], range);
    },
  },
  'functools.partial': {
    signature: 'callee, *rest',
    result: ({ args }) => {
      const callee = args.get('callee') ?? NONE;
      const keywords = new Map([...named(args)].filter(([name]) => name !== 'callee'));
      const parts: [string, Abstract][] = [['func', callee], ['args', list(args.rest)], ['keywords', entriesOf(keywords)]]; // prettier-ignore
      return { kind: 'object', type: 'partial', attributes: new Map(parts) };
    },
  },
  'json.loads': {
    signature: 's',
    result: ({ args }) => {
      const text = args.string('s');
      return text === undefined ? unknown('') : parseJson(text);
    },
  },
  'json.load': {
    signature: 'fp',
    result: ({ args, reader }) => {
      const file = args.get('fp');
      const name = file?.kind === 'object' && file.type === 'file' ? file.attributes.get('name') : undefined;
      const found = name?.kind === 'string' && name.value.endsWith('.json') ? reader.imported(name.value) : null;
      return (found?.kind === 'object' ? found.attributes.get('default') : undefined) ?? unknown('');
    },
  },
};

/** Methods of what they give. */
export const SETTINGS_METHODS: CallTable = {
  'settings.add_hparam': {
    signature: 'name, value',
    result: ({ self, args }) => {
      const [name, value] = [args.string('name'), args.get('value')];
      if (self.kind === 'object' && name !== undefined && value !== undefined) self.attributes.set(name, value);
      return NONE;
    },
  },
  'settings.values': {
    signature: '',
    result: ({ self }) => (self.kind === 'object' ? entriesOf(self.attributes) : unknown('')),
  },
  'settings.get': {
    signature: 'key, default=None',
    result: ({ self, args }) =>
      (self.kind === 'object' ? self.attributes.get(args.string('key') ?? '') : undefined) ??
      args.get('default') ??
      NONE,
  },
  'settings.parse': { signature: 'values', result: ({ self }) => self },
  'namedtuple.__call__': {
    signature: '*values',
    result: ({ self, args }) => {
      if (self.kind !== 'object') return unknown('');
      const fields = [...self.attributes.keys()];
      const items = fields.map((name, at) => args.rest[at] ?? args.get(name) ?? self.attributes.get(name)!);
      return tuple(items, { fields });
    },
  },
  'sequence._replace': {
    signature: '',
    result: ({ self, args }) => {
      if (self.kind !== 'sequence') return unknown('');
      return { ...self, items: self.items.map((item, at) => args.get(self.fields?.[at] ?? '') ?? item) };
    },
  },
  'sequence._asdict': {
    signature: '',
    result: ({ self }) => {
      if (self.kind !== 'sequence') return unknown('');
      return entriesOf(new Map(self.items.map((item, at) => [self.fields?.[at] ?? String(at), item])));
    },
  },
  'partial.__call__': {
    signature: '*values',
    result: ({ self, args, reader, range }) => {
      if (self.kind !== 'object') return unknown('');
      const keywords = self.attributes.get('keywords');
      const own = new Map([...(keywords?.kind === 'dict' ? keywords.entries : []), ...named(args)]);
      const given: GivenArgument[] = [
        ...[...(itemsOf(self.attributes.get('args')) ?? []), ...args.rest].map(value => ({ value, range })),
        ...[...own].map(([name, value]) => ({ name, value, range })),
      ];
      return reader.apply(self.attributes.get('func') ?? NONE, given, range);
    },
  },
  // A member of an enumeration is its value.
  'number:value': { signature: '', result: ({ self }) => self },
  'string:value': { signature: '', result: ({ self }) => self },
};

/** Attributes that Python itself defines. */
export function attributeOf(object: Abstract, name: string): Abstract | null {
  if (object.kind === 'dict' && object.byName === true) return object.entries.get(name) ?? null;
  if (name === '__dict__' && (object.kind === 'instance' || object.kind === 'object'))
    return entriesOf(object.attributes);
  return null;
}
