/** What is to be seen: real pictures, taken apart to their pixels. */
import { describe, expect, test } from 'vitest';
import { createChart } from '../../../src/adapters/chart/chart.ts';
import * as look from '../../../src/adapters/chart/look.ts';
import { type CountdownChart, MOST_ROWS } from '../../../src/domain/countdown-chart.ts';
import { chartOf, DAY, HOUR, rowIn } from './given.ts';
import { contrast, lightness, type Pixels, pixelsOf } from './png.ts';

const charts = createChart();

async function pictureOf(chart: CountdownChart): Promise<Pixels> {
  const drawn = await charts.draw(chart);
  if (drawn.kind !== 'drawn') throw new Error(drawn.message);
  const pixels = pixelsOf(drawn.png);
  expect([drawn.width, drawn.height]).toEqual([pixels.width, pixels.height]);
  return pixels;
}

interface Box {
  readonly left?: number;
  readonly right?: number;
  readonly top: number;
  readonly bottom: number;
}
const px = (units: number): number => Math.round(units * look.SCALE);

/** Every colour in a part of the picture, in units of the drawing, and how many pixels have it. */
function coloursIn(picture: Pixels, { left = 0, right = look.WIDTH, top, bottom }: Box): ReadonlyMap<string, number> {
  const colours = new Map<string, number>();
  for (let y = px(top); y < px(bottom); y += 1)
    for (let x = px(left); x < px(right); x += 1) {
      const { colour } = picture.at(x, y);
      colours.set(colour, (colours.get(colour) ?? 0) + 1);
    }
  return colours;
}
const nameLine = (row: number): Box => {
  const top = look.HEADER + row * look.ROW;
  return { top, bottom: top + look.BAR_MIDDLE - look.BAR / 2 - 1 };
};
const barLine = (row: number): Box => {
  const middle = look.HEADER + row * look.ROW + look.BAR_MIDDLE;
  return { top: middle - look.BAR / 2 + 1, bottom: middle + look.BAR / 2 - 1 };
};
const legendLine = (rows: number): Box => {
  const top = look.HEADER + rows * look.ROW + 4;
  return { top, bottom: top + look.FOOTER - 8 };
};
const titleLines: Box = { left: look.MARGIN, right: look.WIDTH - look.MARGIN, top: 10, bottom: 50 };
const margins: readonly Box[] = [
  { left: 3, right: look.MARGIN - 2, top: look.HEADER, bottom: look.HEADER + look.ROW },
  { left: look.WIDTH - look.MARGIN + 2, right: look.WIDTH - 3, top: look.HEADER, bottom: look.HEADER + look.ROW },
];

describe('one row of each kind', async () => {
  const rows = [
    rowIn(9 * HOUR),
    rowIn(2 * DAY),
    rowIn(4 * DAY, { kind: 'materialExpiry' }),
    rowIn(5 * DAY, { planned: true }),
    rowIn(7 * DAY),
  ];
  const picture = await pictureOf(chartOf(rows));

  test('two pixels to a unit, and higher with more rows', async () => {
    expect(picture.width).toBe(1_200);
    const one = await pictureOf(chartOf(rows.slice(0, 1)));
    expect(picture.height - one.height).toBe(px(4 * look.ROW));
  });

  test('its own ground up to a border with round corners, whatever theme it stands on', () => {
    for (const [x, y] of [
      [0, 0],
      [1_199, 0],
      [0, picture.height - 1],
      [1_199, picture.height - 1],
    ] as const)
      expect(picture.at(x, y).opacity).toBe(0);
    const border = picture.at(600, 2);
    expect(contrast(border.colour, '#1a1d21')).toBeGreaterThan(3);
    for (let x = 30; x < 1_170; x += 1) expect(picture.at(x, 8)).toEqual({ colour: look.GROUND, opacity: 255 });
    for (let y = 8; y < picture.height - 8; y += 1) expect(picture.at(600, y).opacity).toBe(255);
  });

  test('dark text on the light ground', () => {
    const colours = coloursIn(picture, titleLines);
    expect(colours.get(look.TEXT)).toBeGreaterThan(500);
    const darkest = lightness(look.TEXT);
    for (const colour of colours.keys()) {
      expect(lightness(colour)).toBeGreaterThanOrEqual(darkest - 0.01);
      expect(lightness(colour)).toBeLessThanOrEqual(lightness(look.GROUND) + 0.01);
    }
  });

  test.each([
    ['less than a day: red', 0, 'day'],
    ['less than three: orange', 1, 'threeDays'],
    ['key material: violet', 2, 'material'],
    ['later: yellow', 4, 'later'],
  ] as const)('%s', (_, row, tone) => {
    const bar = coloursIn(picture, barLine(row));
    const lengthInPixels = (((rows[row]?.at ?? 0) - chartOf([]).now) / (7 * DAY)) * px(look.WIDTH - 2 * look.MARGIN);
    const height = px(look.BAR - 2);
    // A label may stand upon it.
    expect(bar.get(look.PAINTS[tone].fill)).toBeGreaterThan(lengthInPixels * height * 0.7);
    expect(bar.get(look.PAINTS[tone].fill)).toBeLessThan((lengthInPixels + 4) * height);
    for (const other of look.TONES.filter((one) => one !== tone && one !== 'planned'))
      expect(bar.has(look.PAINTS[other].fill)).toBe(false);
  });

  test('planned: hollow', () => {
    const line = barLine(3);
    const middle = px((line.top + line.bottom) / 2);
    const across = Array.from({ length: px(look.WIDTH) }, (_, x) => picture.at(x, middle).colour);
    expect(across.filter((colour) => colour === look.PAINTS.planned.stroke).length).toBeGreaterThan(1);
    expect(across.slice(px(look.MARGIN + 4), px(look.MARGIN + 300)).every((colour) => colour === look.GROUND)).toBe(
      true,
    );
  });

  test('every bar ends in words: behind it, or upon it where there is no room', () => {
    for (const row of [0, 1, 2, 3]) expect(coloursIn(picture, barLine(row)).get(look.TEXT)).toBeGreaterThan(100);
    expect(coloursIn(picture, { ...barLine(4), left: look.WIDTH / 2 }).get(look.PAINTS.later.text)).toBeGreaterThan(
      100,
    );
  });

  test('the legend names what is there, and nothing else', async () => {
    const all = coloursIn(picture, legendLine(rows.length));
    for (const tone of look.TONES) expect(all.has(look.PAINTS[tone].stroke), tone).toBe(true);
    const one = coloursIn(await pictureOf(chartOf([rowIn(9 * HOUR)])), legendLine(1));
    for (const tone of look.TONES) expect(one.has(look.PAINTS[tone].stroke), tone).toBe(tone === 'day');
  });
});

test('all text can be read where it stands', () => {
  expect(contrast(look.TEXT, look.GROUND)).toBeGreaterThan(7);
  expect(contrast(look.QUIET_TEXT, look.GROUND)).toBeGreaterThan(4.5);
  for (const tone of look.TONES)
    expect(contrast(look.PAINTS[tone].text, look.PAINTS[tone].fill), tone).toBeGreaterThan(4.5);
});

const plain = await pictureOf(chartOf([rowIn(9 * HOUR, { name: '', detail: '' }), rowIn(7 * DAY)]));

test.each([
  ['emoji', '😀🔑👩‍👩‍👧 alias', 20],
  ['markup', '<script>alert(1)</script> & "quotes" \'too\' ]]> <!--', 20],
  ['256 wide signs', 'W'.repeat(256), 20],
  ['256 narrow signs', 'i'.repeat(256), 20],
  ['right to left', 'مفتاح الإنتاج שלום', 20],
  ['a turned direction', 'alias/\u202egnp.exe', 20],
  ['what the font lacks', '日本語の鍵 กุญแจ', 20],
  ['what XML forbids', 'a\u0000b\u0008c\ud800\uffff\u001f', 5],
  ['a pile of accents', `alias/${'a'}${'\u0301'.repeat(250)}`, 20],
  ['line breaks', 'one\ntwo\r\nthree\u2028four', 20],
])('foreign names do no harm: %s', async (_, name, least) => {
  const picture = await pictureOf(chartOf([rowIn(9 * HOUR, { name, detail: name }), rowIn(7 * DAY)]));
  const line = { ...nameLine(0), right: look.WIDTH / 2 };
  expect(coloursIn(picture, line).get(look.TEXT) ?? 0).toBeGreaterThan(least);
  // It stays on its line: everything else is as it was without a name.
  for (const box of [titleLines, ...margins, barLine(0), nameLine(1), barLine(1), legendLine(2)])
    expect(coloursIn(picture, box)).toEqual(coloursIn(plain, box));
  expect(widestGap(picture, nameLine(0))).toBeGreaterThan(px(10));
});

/** The widest stretch of a line, in pixels, that only the ground and the grid are seen in: between name and detail. */
function widestGap(picture: Pixels, { top, bottom }: Box): number {
  let [widest, current] = [0, 0];
  for (let x = px(look.MARGIN); x < px(look.WIDTH - look.MARGIN); x += 1) {
    const column = coloursIn(picture, { left: x / look.SCALE, right: (x + 1) / look.SCALE, top, bottom });
    const empty = [...column.keys()].every((colour) => lightness(colour) >= lightness(look.GRID) - 0.01);
    current = empty ? current + 1 : 0;
    widest = Math.max(widest, current);
  }
  return widest;
}

test('no rows: a picture that says so', async () => {
  const picture = await pictureOf(chartOf([]));
  expect(coloursIn(picture, titleLines).get(look.TEXT)).toBeGreaterThan(500);
  expect(coloursIn(picture, nameLine(0)).get(look.QUIET_TEXT)).toBeGreaterThan(100);
  expect(picture.height).toBeLessThan(400);
});

test('keys whose moment has passed stand at the beginning, with their words', async () => {
  const picture = await pictureOf(chartOf([rowIn(-2 * HOUR), rowIn(0)]));
  for (const row of [0, 1]) {
    const colours = coloursIn(picture, barLine(row));
    expect(colours.get(look.PAINTS.day.fill)).toBeGreaterThan(0);
    expect(colours.get(look.TEXT)).toBeGreaterThan(100);
  }
});

test('more rows than a picture holds are counted, not drawn', async () => {
  const rows = Array.from({ length: MOST_ROWS + 5 }, (_, index) => rowIn(index * DAY));
  const [all, few] = [chartOf(rows), chartOf(rows.slice(0, MOST_ROWS), { more: 5 })];
  const [drawn, expected] = await Promise.all([charts.draw(all), charts.draw(few)]);
  expect(drawn).toEqual(expected);
});

test('the same chart gives the same bytes, another one others', async () => {
  const rows = [rowIn(9 * HOUR), rowIn(4 * DAY)];
  const drawn = await Promise.all(
    [chartOf(rows), chartOf(rows), chartOf(rows, { more: 1 })].map((chart) => charts.draw(chart)),
  );
  expect(drawn[0]).toEqual(drawn[1]);
  expect(drawn[0]).not.toEqual(drawn[2]);
});
