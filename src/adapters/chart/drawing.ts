/** From the chart's facts to the bytes of a PNG. Loads everything heavy: imported by the drawing process alone. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { initWasm, Resvg } from '@resvg/resvg-wasm';
import { parse, View } from 'vega';
import { compile } from 'vega-lite';
import type { CountdownChart } from '../../domain/countdown-chart.ts';
import * as look from './look.ts';
import { heightOf, specificationOf } from './specification.ts';

const contentsOf = (file: string): Promise<Uint8Array<ArrayBuffer>> =>
  readFile(fileURLToPath(import.meta.resolve(file)));

export interface Picture {
  readonly png: Uint8Array<ArrayBuffer>;
  /** In pixels. */
  readonly width: number;
  readonly height: number;
}

/** Draws one chart; the same chart gives the same bytes. Rejects with what a library threw. */
export async function drawingOf(chart: CountdownChart): Promise<Picture> {
  const fonts = await Promise.all(look.FONT_FILES.map(contentsOf));
  await initWasm(await contentsOf('@resvg/resvg-wasm/index_bg.wasm'));
  const svg = await svgOf(chart);
  // A container has no fonts; this build of resvg has no way to look for the system's either.
  const image = new Resvg(svg, {
    font: { fontBuffers: fonts, defaultFontFamily: look.FONT },
    fitTo: { mode: 'zoom', value: look.SCALE },
  }).render();
  return { png: new Uint8Array(image.asPng()), width: image.width, height: image.height };
}

async function svgOf(chart: CountdownChart): Promise<string> {
  const { spec } = compile(specificationOf(chart));
  const drawing = await new View(parse(spec), { renderer: 'none' }).toSVG();
  const size = `width="${look.WIDTH}" height="${heightOf(chart)}"`;
  const edge = `x="1" y="1" width="${look.WIDTH - 2}" height="${heightOf(chart) - 2}" rx="${look.CORNER}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size}><rect ${edge} fill="${look.GROUND}" stroke="${look.BORDER}"/>${drawing}</svg>`;
}
