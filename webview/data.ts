/** The data page: shows a person's own file as the model would be fed with it, and asks what of it is fed. */
import './base.css';
import './data.css';
import type { Channel } from '../engine/protocol/channel.ts';
import type { DataHostSide, DataPicture, PageSide } from '../engine/protocol/pages.ts';
import { CrossCanvas } from './crossCanvas.ts';
import { type Child, h, setAttributes, setText, show } from './dom.ts';
import { connect } from './host.ts';
import { keepHydrated } from './hydration.ts';
import { banner } from './notice.ts';
import { formatCount, formatValue } from './numbers.ts';
import { SampleKey } from './sampleKey.ts';
import { readSample, SAMPLE_VIEWS } from './samples.ts';
import { section } from './section.ts';
import { text, useStrings } from './text.ts';
import { onThemeChange, theme } from './theme.ts';
import { AXIS_HEIGHT, drawTimeAxis } from './timeAxis.ts';
import { actionLink, button, type Choice, dropdown, type Picker, textField } from './toolkit.ts';

type Choices = DataPicture['choices'];
type Preview = NonNullable<DataPicture['preview']>;
type Arrangement = NonNullable<Preview['file']>['arrangement'];
type Kind = Arrangement['kind'];

const KIND_TEXTS = {
  windows: 'dataWindows',
  rows: 'dataRows',
  arrays: 'dataArrays',
  characters: 'dataCharacters',
  lines: 'dataLines',
} as const satisfies Readonly<Record<Kind, string>>;

/** Ways to cut samples that a format leaves to choose. */
const KINDS: Readonly<Record<Preview['format'], readonly Kind[]>> = {
  table: ['windows', 'rows'],
  text: ['characters', 'lines'],
  npy: [],
  npz: [],
  idx: [],
};

/** Whole numbers that can be set, and for which arrangements; bounds as in `FileChoices`. */
const NUMBERS = [
  { key: 'window', label: 'dataWindow', least: 1, kinds: ['windows', 'characters'] },
  { key: 'horizon', label: 'dataHorizon', least: 0, kinds: ['windows'] },
  { key: 'stride', label: 'dataStride', least: 1, kinds: ['windows', 'characters'] },
] as const;
const MOST_STEPS = 1_000_000;
/** Of the rows kept for the test, in percent. */
const MOST_TEST = 50;

const SCALINGS = { standardise: 'dataScalingStandardise', none: 'dataScalingNone', bytes: 'dataScalingBytes' } as const;
const ENCODINGS = ['utf-8', 'utf-16le', 'utf-16be', 'latin1'] as const;
/** Classes and characters that are spelled out. */
const SPELLED = 40;
const STRIP_HEIGHT = 120;

interface NumberField {
  readonly element: HTMLElement;
  /** What is wrong with what stands in the field; hidden while nothing is. */
  readonly fault: HTMLElement;
  /** Shows the number that holds now. */
  show(value: number): void;
}

/** A field that takes a number when it is left, and says what fits where it does not. */
function numberField(
  key: string,
  label: string,
  wrong: string,
  on: { readonly fits: (number: number) => boolean; readonly choose: (number: number) => void },
): NumberField {
  const fault = h('p', { class: 'fault', id: `fault-${key}`, role: 'alert', hidden: true });
  const say = (good: boolean): void => {
    setText(fault, good ? '' : wrong);
    show(fault, !good);
    field.invalid(good ? undefined : fault.id);
  };
  const field = textField(label, {
    commit: value => {
      const number = value.trim() === '' ? Number.NaN : Number(value);
      const good = on.fits(number);
      say(good);
      if (good) on.choose(number);
    },
  });
  setAttributes(field.element, { 'data-number': key });
  return {
    element: field.element,
    fault,
    show: value => {
      field.text = String(value);
      say(true);
    },
  };
}

class DataPage {
  readonly #host: Channel<PageSide, DataHostSide>;
  readonly #root = h('main', { class: 'data' });
  readonly #notices = h('div');
  readonly #title = h('h1');
  readonly #file = h('span');
  readonly #demand = h('span', { class: 'faint' });
  readonly #use;
  readonly #kind: Picker;
  readonly #scaling: Picker;
  readonly #encoding: Picker;
  readonly #header: Picker;
  readonly #numbers = new Map<string, { readonly row: HTMLElement; readonly field: NumberField }>();
  readonly #test: NumberField;
  readonly #rows: Readonly<Record<'kind' | 'scaling' | 'encoding' | 'header', HTMLElement>>;
  readonly #targetsFile: HTMLElement;
  readonly #columns = h('table', { class: 'columns-table' });
  readonly #beginning = h('div', {
    class: 'beginning',
    tabindex: 0,
    role: 'region',
    'aria-label': text('dataBeginning'),
  });
  readonly #shapes = h('dl', { class: 'shapes' });
  readonly #first = new CrossCanvas();
  readonly #firstKey = new SampleKey();
  readonly #firstNote = h('p', { class: 'faint' });
  readonly #firstSection: HTMLElement;
  readonly #shapeSection: HTMLElement;
  #picture: DataPicture | undefined;

  constructor(host: Channel<PageSide, DataHostSide>) {
    this.#host = host;
    this.#use = button({
      label: text('dataUse'),
      icon: 'check',
      appearance: 'primary',
      press: () => void this.#ask('use'),
    });
    const other = button({
      label: text('dataOtherFile'),
      appearance: 'secondary',
      press: () => void this.#ask('otherFile'),
    });
    this.#kind = dropdown(text('dataArrangement'), value => {
      // Columns of one arrangement are not those of another.
      const { inputs: _inputs, targets: _targets, ...rest } = this.#choices;
      this.#choose({ ...rest, arrangement: value as Kind });
    });
    this.#scaling = dropdown(text('dataScaling'), value => {
      this.#choose({ ...this.#choices, scaling: value as keyof typeof SCALINGS });
    });
    this.#encoding = dropdown(text('dataEncoding'), value => {
      const { encoding: _encoding, ...rest } = this.#choices;
      this.#choose(value === '' ? rest : { ...rest, encoding: value as (typeof ENCODINGS)[number] });
    });
    this.#header = dropdown(text('dataHeader'), value => {
      const { inputs: _inputs, targets: _targets, ...rest } = this.#choices;
      this.#choose({ ...rest, header: value === 'yes' });
    });
    const row = (label: string, ...children: readonly Child[]): HTMLElement =>
      h('div', { class: 'setting' }, h('span', { 'aria-hidden': 'true' }, label), ...children);
    this.#rows = {
      kind: row(text('dataArrangement'), this.#kind.element),
      scaling: row(text('dataScaling'), this.#scaling.element),
      encoding: row(text('dataEncoding'), this.#encoding.element),
      header: row(text('dataHeader'), this.#header.element),
    };
    setAttributes(this.#rows.scaling, { title: text('dataScalingHint') });
    for (const { key, label, least } of NUMBERS) {
      const field = numberField(key, text(label), text('mustBeWhole', formatCount(least), formatCount(MOST_STEPS)), {
        fits: number => Number.isInteger(number) && number >= least && number <= MOST_STEPS,
        choose: number => {
          this.#choose({ ...this.#choices, [key]: number });
        },
      });
      this.#numbers.set(key, { field, row: row(text(label), field.element, field.fault) });
    }
    this.#test = numberField('test', text('dataTest'), text('mustBeShare', MOST_TEST), {
      fits: number => number > 0 && number <= MOST_TEST,
      choose: number => {
        this.#choose({ ...this.#choices, test: number / 100 });
      },
    });
    this.#targetsFile = actionLink(text('dataTargetsFile'), () => void this.#ask('targetsFile'));
    this.#shapeSection = section(text('dataShapes'), undefined, this.#shapes);
    this.#firstSection = section(text('dataFirst'), this.#firstKey.element, this.#first.element, this.#firstNote);
    this.#root.append(
      h(
        'header',
        { class: 'subject' },
        h('div', { class: 'line' }, this.#title, h('span', { class: 'actions' }, other.element, this.#use.element)),
        h('div', { class: 'line' }, h('span', { class: 'model' }, this.#file, this.#demand)),
      ),
      this.#notices,
      h(
        'div',
        { class: 'columns' },
        h(
          'div',
          { class: 'side' },
          section(
            text('dataFed'),
            undefined,
            this.#columns,
            h(
              'div',
              { class: 'settings' },
              this.#rows.kind,
              ...[...this.#numbers.values()].map(number => number.row),
              this.#rows.scaling,
              row(text('dataTest'), this.#test.element, this.#test.fault),
              this.#rows.header,
              this.#rows.encoding,
              this.#targetsFile,
            ),
          ),
        ),
        h(
          'div',
          { class: 'main' },
          this.#shapeSection,
          this.#firstSection,
          section(text('dataBeginning'), undefined, this.#beginning),
        ),
      ),
    );
    document.body.append(this.#root);
    host.on('picture', picture => {
      this.show(picture);
    });
    const again = (): void => {
      if (this.#picture?.preview) this.#showFirst(this.#picture.preview);
    };
    onThemeChange(again);
    new ResizeObserver(again).observe(this.#shapeSection);
  }

  get #choices(): Choices {
    return this.#picture?.choices ?? {};
  }

  show(picture: DataPicture): void {
    this.#picture = picture;
    const { model, file, folder, preview, demand, problem, notes, reading } = picture;
    setText(this.#title, text('dataTitle', model.headline));
    setText(this.#file, preview ? `${file} · ${preview.size}` : file);
    setAttributes(this.#file, { title: folder });
    setText(this.#demand, `${text('dataDemand')}: ${demand}`);
    this.#use.enable(!reading && preview?.file !== undefined);
    this.#notices.replaceChildren(
      ...(problem === undefined ? [] : [banner('error', problem)]),
      ...notes.map(note => banner('info', note)),
    );
    setAttributes(this.#root, { 'data-state': reading ? 'reading' : problem === undefined ? 'ready' : 'problem' });
    if (reading && !preview) this.#notices.replaceChildren(banner('info', text('dataReading')));
    this.#showForm(preview);
    show(this.#shapeSection, preview?.file !== undefined);
    show(this.#firstSection, preview?.sample !== undefined);
    if (!preview) return;
    this.#showShapes(preview);
    this.#showBeginning(preview);
    this.#showFirst(preview);
  }

  #choose(choices: Choices): void {
    void this.#request(() => this.#host.request('choose', choices));
  }

  #ask(name: 'use' | 'otherFile' | 'targetsFile'): Promise<void> {
    // The person takes longer than a page waits for an answer.
    return this.#request(() => this.#host.request(name, {}, { timeout: Infinity }));
  }

  async #request(ask: () => Promise<unknown>): Promise<void> {
    try {
      await ask();
    } catch (error) {
      this.#notices.replaceChildren(
        banner('error', text('couldNotAsk', error instanceof Error ? error.message : String(error))),
      );
    }
  }

  #showForm(preview: Preview | undefined): void {
    const arrangement = preview?.file?.arrangement;
    const kinds = preview ? KINDS[preview.format] : [];
    const kind = arrangement?.kind ?? this.#choices.arrangement ?? kinds[0];
    show(this.#rows.kind, kinds.length > 1);
    if (kinds.length > 1) this.#kind.set(kinds.map(value => ({ value, label: text(KIND_TEXTS[value]) })), kind ?? '');
    for (const { key, kinds: fitting } of NUMBERS) {
      const { row, field } = this.#numbers.get(key)!;
      show(row, kind !== undefined && (fitting as readonly Kind[]).includes(kind));
      const value = (arrangement as Partial<Record<typeof key, number>> | undefined)?.[key] ?? this.#choices[key];
      if (value !== undefined) field.show(value);
    }
    const scaling = arrangement && 'scaling' in arrangement ? arrangement.scaling : this.#choices.scaling;
    show(this.#rows.scaling, kind !== 'characters' && kind !== 'lines');
    this.#scaling.set(Object.entries(SCALINGS).map(([value, key]): Choice => ({ value, label: text(key) })), scaling ?? 'standardise');
    const test = preview?.file?.test ?? this.#choices.test;
    if (test !== undefined) this.#test.show(Number((100 * test).toFixed(2)));
    show(this.#rows.header, preview?.dialect !== undefined);
    this.#header.set([{ value: 'yes', label: text('dataHeaderYes') }, { value: 'no', label: text('dataHeaderNo') }], preview?.dialect?.header === false ? 'no' : 'yes');
    show(this.#rows.encoding, preview === undefined || preview.format === 'table' || preview.format === 'text');
    this.#encoding.set([{ value: '', label: text('dataEncodingAuto') }, ...ENCODINGS.map(value => ({ value, label: value.toUpperCase() }))], this.#choices.encoding ?? '');
    show(this.#targetsFile, preview?.arrays !== undefined && preview.format !== 'npz');
    this.#showColumns(preview, arrangement);
  } // prettier-ignore

  #showColumns(preview: Preview | undefined, arrangement: Arrangement | undefined): void {
    const columns = preview?.columns;
    show(this.#columns, columns !== undefined);
    if (!columns) return;
    const ticked = (side: 'inputs' | 'targets'): readonly string[] => {
      if (arrangement && (arrangement.kind === 'windows' || arrangement.kind === 'rows')) return arrangement[side];
      return this.#choices[side] ?? [];
    };
    const [inputs, targets] = [ticked('inputs'), ticked('targets')];
    const tick = (side: 'inputs' | 'targets', name: string, on: boolean): void => {
      const now = new Set(side === 'inputs' ? inputs : targets);
      if (on) now.add(name);
      else now.delete(name);
      // In the order of the table.
      const chosen = columns.filter(column => now.has(column.name)).map(column => column.name);
      const { [side]: _old, ...rest } = { inputs: [...inputs], targets: [...targets], ...this.#choices };
      this.#choose(chosen.length > 0 ? { ...rest, [side]: chosen } : rest);
    };
    const box = (side: 'inputs' | 'targets', name: string, enabled: boolean): HTMLElement => {
      const label = text(side === 'inputs' ? 'dataInputOf' : 'dataTargetOf', name);
      const input = h('input', { type: 'checkbox', 'aria-label': label, title: label, disabled: !enabled });
      input.checked = (side === 'inputs' ? inputs : targets).includes(name);
      input.addEventListener('change', () => {
        tick(side, name, input.checked);
      });
      return input;
    };
    const kinds = { numbers: text('dataNumbers'), classes: text('dataClasses'), text: text('dataText') };
    this.#columns.replaceChildren(
      h('thead', {}, h('tr', {}, h('th', {}, text('dataColumn')), h('th', {}), h('th', {}, text('dataInput')), h('th', {}, text('dataTarget')))),
      h(
        'tbody',
        {},
        ...columns.slice(0, 200).map(({ name, kind }) =>
          h('tr', { class: kind === 'text' ? 'faint' : undefined },
            h('td', { class: 'name', title: name }, name),
            h('td', { class: 'faint' }, kinds[kind]),
            h('td', {}, box('inputs', name, kind === 'numbers')),
            h('td', {}, box('targets', name, kind !== 'text')),
          ),
        ),
      ),
    );
  } // prettier-ignore

  #showShapes({ steps, features, targetAxes, counts, classes, classNames, tokenNames, sizes }: Preview): void {
    if (steps === undefined || !targetAxes || !counts) return;
    const shape = (axes: readonly (string | number)[]): HTMLElement => h('code', {}, `[${axes.join(', ')}]`);
    const spelled = (names: readonly string[]): string =>
      names.slice(0, SPELLED).join(' ') + (names.length > SPELLED ? ' …' : '');
    const count = (key: 'train' | 'validation' | 'test'): string => formatCount(counts[key]);
    const entries: [string, Child[]][] = [
      [text('dataInputs'), [shape(tokenNames && features === 1 ? ['B', steps] : ['B', steps, features ?? '?'])]],
      [
        text('dataTargets'),
        [
          shape(['B', ...targetAxes]),
          ...(classes !== undefined && !tokenNames
            ? [h('span', { class: 'faint' }, text('dataLabels', classes, spelled(classNames ?? [])))]
            : []),
        ],
      ],
      [
        text('dataSamples'),
        [text(counts.estimated ? 'dataCountsAbout' : 'dataCounts', count('train'), count('validation'), count('test'))],
      ],
    ];
    if (sizes && sizes.length > 0)
      entries.push([
        text('dataSizes'),
        [
          h('code', {}, sizes.map(([name, value]) => `${name} = ${value}`).join(', ')),
          ...(counts.estimated ? [h('span', { class: 'faint' }, text('dataSizesOfBeginning'))] : []),
        ],
      ]);
    if (tokenNames)
      entries.push([text('dataVocabulary'), [text('dataVocabularyOf', tokenNames.length, spelled(tokenNames))]]);
    this.#shapes.replaceChildren(...entries.flatMap(([name, parts]) => [h('dt', {}, name), h('dd', {}, ...parts)]));
  }

  #showBeginning({ columns, rows, text: prose, arrays }: Preview): void {
    if (rows && columns)
      this.#beginning.replaceChildren(
        h(
          'table',
          {},
          h('thead', {}, h('tr', {}, ...columns.slice(0, 50).map(({ name }) => h('th', { title: name }, name)))),
          h(
            'tbody',
            {},
            ...rows.map(cells =>
              h(
                'tr',
                {},
                ...cells
                  .slice(0, 50)
                  .map((cell, index) => h('td', { class: columns[index]?.kind === 'numbers' ? 'number' : '' }, cell)),
              ),
            ),
          ),
        ),
      );
    else if (prose !== undefined) this.#beginning.replaceChildren(h('pre', {}, prose));
    else
      this.#beginning.replaceChildren(
        h(
          'table',
          {},
          h(
            'tbody',
            {},
            ...(arrays ?? []).map(({ name, type, shape }) =>
              h('tr', {}, h('td', {}, name), h('td', {}, h('code', {}, `${type} [${shape.join(', ')}]`))),
            ),
          ),
        ),
      );
  }

  #showFirst({ sample, tokenNames, classNames, classes }: Preview): void {
    if (!sample) return;
    const { kind, steps, features, values, targets, featureNames } = sample;
    const width = Math.max(200, this.#firstNote.clientWidth);
    const height = kind === 'tokens' ? 56 : STRIP_HEIGHT;
    this.#first.resize(width, height + AXIS_HEIGHT);
    this.#first.cells(steps, 1);
    const drawn = readSample({ index: 0, kind, steps, features, values, tokenNames, featureNames, label: undefined });
    this.#first.draw(context => {
      drawTimeAxis(context, theme(), { steps, left: 0, width, top: height });
      SAMPLE_VIEWS[kind].drawOverTime(this.#first, drawn, theme(), { x: 0, y: 0, width, height });
    });
    setAttributes(this.#first.canvas, { role: 'img', 'aria-label': SAMPLE_VIEWS[kind].name(drawn) });
    const names = tokenNames ?? classNames;
    const shown = targets
      .slice(0, SPELLED)
      .map(value => (classes === undefined ? formatValue(value) : (names?.[value] ?? String(value))))
      .join(tokenNames ? ' ' : ', ');
    this.#firstKey.show(drawn);
    setText(this.#firstNote, text('dataTargetNow', shown + (targets.length > SPELLED ? ' …' : '')));
  }
}

const host = connect<DataHostSide>();
let page: DataPage | undefined;
keepHydrated(
  () => host.request('hydrate', {}),
  ({ strings, picture }) => {
    useStrings(strings);
    page ??= new DataPage(host);
    page.show(picture);
  },
);
