import { crc32, deflateSync } from 'node:zlib';

/** A real PNG: stripes of a colour on nothing, so that light and dark shine through. */
export function pngOf(width: number, height: number, [red, green, blue] = [0xe8, 0x91, 0x2d]): Buffer {
  const row = (y: number): number[] =>
    Array.from({ length: width }, (_, x) => [red ?? 0, green ?? 0, blue ?? 0, (x + y) % 40 < 20 ? 255 : 0]).flat();
  // Each line begins with the number of its filter: none.
  const lines = Array.from({ length: height }, (_, y) => Buffer.from([0, ...row(y)]));
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  // Eight bits each of red, green, blue and opacity.
  head.set([8, 6], 8);
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(Buffer.concat(lines))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, content: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(content.length);
  check.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, check]);
}
