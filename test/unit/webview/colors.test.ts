import assert from 'node:assert/strict';
import { interpolateCividis, interpolatePuOr } from 'd3-scale-chromatic';
import { inkOn, level, luminance, makePalette, parseColor, type Rgb } from '../../../webview/colors.ts';
import { CIVIDIS, PURPLE_ORANGE } from '../../../webview/colormaps.ts';

const entry = (map: string, index: number): number[] =>
  [0, 2, 4].map(part => Number.parseInt(map.slice(6 * index + part, 6 * index + part + 2), 16));
const d3 = (css: string): number[] => (css.match(/\d+/g) ?? []).map(Number);

describe('colour maps', () => {
  for (const index of [0, 1, 64, 127, 128, 200, 255]) {
    it(`entry ${index} is what d3-scale-chromatic gives`, () => {
      assert.deepEqual(entry(CIVIDIS, index), d3(interpolateCividis(index / 255)));
      assert.deepEqual(entry(PURPLE_ORANGE, index), d3(interpolatePuOr(index / 255)));
    });
  }
  it('have 256 entries of six digits', () => {
    for (const map of [CIVIDIS, PURPLE_ORANGE]) assert.match(map, /^[\da-f]{1536}$/);
  });
});

describe('palettes', () => {
  const pages: Readonly<Record<string, Rgb>> = {
    light: [255, 255, 255],
    dark: [31, 31, 31],
    solarized: [253, 246, 227],
  };
  for (const [name, page] of Object.entries(pages))
    for (const scale of ['signed', 'signed-unit'] as const)
      it(`draw zero of a ${scale} tensor in the colour of the page (${name})`, () => {
        const { colors } = makePalette(scale, page);
        assert.deepEqual(colors[level(0, -1, 1)], page);
        assert.deepEqual(colors[level(-1e-9, -1, 1)], page);
      });

  it('grow away from the page on both sides, so that a larger value is never nearer to it', () => {
    for (const page of Object.values(pages)) {
      const { colors } = makePalette('signed-unit', page);
      const away = (index: number): number => Math.hypot(...[0, 1, 2].map(part => colors[index]![part]! - page[part]!));
      for (const [from, to] of [[128, 160], [160, 200], [127, 95], [95, 55]] as const) assert.ok(away(to) > away(from)); // prettier-ignore
    }
  });

  it('of what is never below 0 start at the colour of the page and end further from it than those of both signs', () => {
    for (const page of Object.values(pages)) {
      const [positive, signed] = [makePalette('positive', page).colors, makePalette('signed', page).colors];
      assert.deepEqual(positive[0], page);
      const away = (color: Rgb): number => Math.abs(luminance(color) - luminance(page));
      assert.ok(away(positive[255]!) >= away(signed[255]!));
      for (let entry = 1; entry < 256; entry++) assert.ok(away(positive[entry]!) >= away(positive[entry - 1]!) - 0.01);
    }
  });

  it('tell positive from negative: orange above zero, purple below', () => {
    for (const page of Object.values(pages)) {
      const { colors } = makePalette('signed-unit', page);
      const [red, , blue] = colors[230]!;
      assert.ok(red > blue);
      const [low, , high] = colors[25]!;
      assert.ok(high > low);
    }
  });

  it('draw gates in cividis, whatever the page', () => {
    assert.deepEqual(makePalette('unit', [0, 0, 0]).colors[255], entry(CIVIDIS, 255));
    assert.deepEqual(makePalette('unit', [255, 255, 255]).colors[0], entry(CIVIDIS, 0));
  });

  it('pack pixels as ImageData lays them out', () => {
    const { colors, pixels } = makePalette('unit', [0, 0, 0]);
    assert.deepEqual([...new Uint8Array(pixels.slice(77, 78).buffer)], [...colors[77]!, 255]);
  });
});

describe('level', () => {
  it('gives 0 at and below the lower bound, 255 at and above the upper one', () => {
    assert.deepEqual(
      [-3, 0, 0.5, 1, 7].map(value => level(value, 0, 1)),
      [0, 0, 128, 255, 255],
    );
  });
  it('gives -1 for what is not finite', () => {
    assert.deepEqual(
      [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map(value => level(value, 0, 1)),
      [-1, -1, -1],
    );
  });
});

describe('parseColor', () => {
  it('reads the ways in which themes and browsers write colours', () => {
    assert.deepEqual(parseColor('#1f1f1f'), [31, 31, 31]);
    assert.deepEqual(parseColor(' #fff '), [255, 255, 255]);
    assert.deepEqual(parseColor('#0078d4cc'), [0, 120, 212]);
    assert.deepEqual(parseColor('rgb(31, 31, 31)'), [31, 31, 31]);
    assert.deepEqual(parseColor('rgba(90, 93, 94, 0.31)'), [90, 93, 94]);
  });
  it('says undefined to what is no colour', () => {
    assert.equal(parseColor(''), undefined);
    assert.equal(parseColor('var(--x)'), undefined);
  });
});

describe('inkOn', () => {
  it('is readable on every colour of every palette: contrast of at least 4 to 1', () => {
    for (const scale of ['unit', 'signed', 'signed-unit', 'positive'] as const)
      for (const page of [
        [255, 255, 255],
        [31, 31, 31],
        [0, 0, 0],
      ] as const)
        for (const color of makePalette(scale, page).colors) {
          const [a, b] = [luminance(color) + 0.05, luminance(inkOn(color)) + 0.05];
          assert.ok(Math.max(a, b) / Math.min(a, b) >= 4);
        }
  });
});
