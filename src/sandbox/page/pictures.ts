import { asObject, asText, type JsonObject } from '../slack/json.ts';
import { type Drawn, tag } from './html.ts';

/** Where the page opens a file of Slack's. */
export const fileAddress = (id: string): string => `/page/files/${encodeURIComponent(id)}`;

/** Where the page finds an image: a file of Slack's at the page's own door; anything else the browser is not allowed to load. */
export function sourceOf(image: JsonObject): string | undefined {
  const { id, url } = asObject(image.slack_file);
  // Both addresses of a file have its id in their path.
  const file = asText(id) ?? asText(url)?.match(/\/(F[A-Z0-9]{8,})\//)?.[1];
  return file === undefined ? asText(image.image_url) : fileAddress(file);
}

/** Draws an image block: its title above the picture, as Slack does. */
export function drawImage(image: JsonObject): Drawn {
  const title = asText(asObject(image.title).text) ?? '';
  return tag(
    'figure',
    null,
    title === '' ? null : tag('figcaption', { className: 'quiet' }, title),
    drawPicture(sourceOf(image), asText(image.alt_text), { width: image.image_width, height: image.image_height }),
  );
}

/** Draws a picture. With its size known the page keeps the place free, and nothing jumps when it arrives. */
export function drawPicture(
  src: string | undefined,
  alt: string | undefined,
  { width, height }: { readonly width: unknown; readonly height: unknown },
): Drawn {
  const size = typeof width === 'number' && typeof height === 'number' ? { width, height } : {};
  return tag('img', { src, alt: alt ?? '', ...size });
}
