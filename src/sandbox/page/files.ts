import { asObjects, asText, type JsonObject } from '../slack/json.ts';
import { type Drawn, tag } from './html.ts';
import { drawPicture, fileAddress } from './pictures.ts';

/** Draws the files of a message: name, size, a picture or the first lines of a text, and a link to all of it. */
export function drawFiles(files: unknown): Drawn {
  const drawn = asObjects(files).map(drawFile);
  return drawn.length === 0 ? null : tag('ul', { key: 'files', className: 'files' }, drawn);
}

function drawFile(file: JsonObject): Drawn {
  const id = asText(file.id) ?? '';
  const preview = asText(file.preview);
  const size = typeof file.size === 'number' ? ` · ${sizeOf(file.size)}` : '';
  const isPicture = asText(file.mimetype)?.startsWith('image/') === true;
  return tag(
    'li',
    { key: id, 'data-key': id, className: 'file' },
    tag('a', { href: fileAddress(id), target: '_blank', rel: 'noreferrer' }, asText(file.name) ?? id),
    tag('small', { className: 'quiet' }, `${asText(file.pretty_type) ?? 'File'}${size}`),
    isPicture
      ? drawPicture(fileAddress(id), asText(file.alt_txt), { width: file.original_w, height: file.original_h })
      : null,
    preview === undefined
      ? null
      : tag('details', null, tag('summary', null, 'Preview'), tag('pre', null, previewOf(preview, file.lines_more))),
  );
}

const sizeOf = (bytes: number): string => (bytes < 1_000 ? `${bytes} bytes` : `${(bytes / 1_000).toFixed(1)} kB`);

const previewOf = (preview: string, more: unknown): string =>
  typeof more === 'number' && more > 0 ? `${preview}\n… ${more} more lines` : preview;
