/** Looks into a PNG, as far as the chart makes them: 8 bits of red, green, blue and opacity, not interlaced. */
import { inflateSync } from 'node:zlib';

export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** `#rrggbb`, and the opacity (0–255). */
  readonly at: (x: number, y: number) => { readonly colour: string; readonly opacity: number };
}

const SIGNATURE = '89504e470d0a1a0a';
const SAMPLES = 4;

/** Throws at what is no such picture. */
export function pixelsOf(png: Uint8Array): Pixels {
  const bytes = Buffer.from(png);
  if (bytes.toString('hex', 0, 8) !== SIGNATURE) throw new Error('not a PNG');
  const chunks = chunksOf(bytes);
  const head = chunks.find(({ type }) => type === 'IHDR')?.data ?? Buffer.alloc(0);
  const [width, height] = [head.readUInt32BE(0), head.readUInt32BE(4)];
  if (head.toString('hex', 8) !== '0806000000') throw new Error(`not 8-bit RGBA: ${head.toString('hex', 8)}`);
  if (chunks.at(-1)?.type !== 'IEND') throw new Error('it breaks off');
  const packed = Buffer.concat(chunks.filter(({ type }) => type === 'IDAT').map(({ data }) => data));
  const lines = unfiltered(inflateSync(packed), width * SAMPLES, height);
  return {
    width,
    height,
    at(x, y) {
      const start = (y * width + x) * SAMPLES;
      return { colour: `#${lines.toString('hex', start, start + 3)}`, opacity: lines.readUInt8(start + 3) };
    },
  };
}

function chunksOf(bytes: Buffer): readonly { readonly type: string; readonly data: Buffer }[] {
  const chunks = [];
  for (let at = 8; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    chunks.push({ type: bytes.toString('latin1', at + 4, at + 8), data: bytes.subarray(at + 8, at + 8 + length) });
    at += 12 + length;
  }
  return chunks;
}

/** Each line begins with how its bytes were foretold from those to the left and above (PNG specification, §9). */
function unfiltered(raw: Buffer, lineLength: number, height: number): Buffer {
  const out = Buffer.alloc(lineLength * height);
  for (let y = 0; y < height; y += 1) {
    const filter = raw[y * (lineLength + 1)] ?? 0;
    for (let x = 0; x < lineLength; x += 1) {
      const at = y * lineLength + x;
      const left = x < SAMPLES ? 0 : (out[at - SAMPLES] ?? 0);
      const above = y === 0 ? 0 : (out[at - lineLength] ?? 0);
      const corner = x < SAMPLES || y === 0 ? 0 : (out[at - lineLength - SAMPLES] ?? 0);
      out[at] = ((raw[y * (lineLength + 1) + 1 + x] ?? 0) + foretold(filter, left, above, corner)) & 0xff;
    }
  }
  return out;
}

function foretold(filter: number, left: number, above: number, corner: number): number {
  if (filter === 0) return 0;
  if (filter === 1) return left;
  if (filter === 2) return above;
  if (filter === 3) return (left + above) >> 1;
  const guess = left + above - corner;
  const distances = [left, above, corner].map((value) => Math.abs(guess - value));
  const nearest = Math.min(...distances);
  return [left, above, corner][distances.indexOf(nearest)] ?? 0;
}

/** Relative luminance (WCAG 2), 0 black – 1 white. */
export function lightness(colour: string): number {
  const [red = 0, green = 0, blue = 0] = (colour.match(/[0-9a-f]{2}/g) ?? []).map((hex) => {
    const part = Number.parseInt(hex, 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** Contrast of two colours (WCAG 2), 1–21; text is readable from 4.5. */
export function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [lightness(one), lightness(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}
