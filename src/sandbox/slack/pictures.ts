/** What a file of pixels is, by its first bytes. */
export interface Picture {
  readonly filetype: 'png' | 'jpg' | 'gif';
  readonly mimetype: 'image/png' | 'image/jpeg' | 'image/gif';
  readonly pretty: 'PNG' | 'JPEG' | 'GIF';
  /** In pixels; of a JPEG they are not looked for. */
  readonly size?: { readonly width: number; readonly height: number };
}

/** The picture in these bytes, of the kinds an image block may hold (docs.slack.dev, slack file object); whatever a file is called. */
export function pictureOf(bytes: Buffer): Picture | undefined {
  const head = bytes.subarray(0, 24);
  if (head.length === 24 && head.toString('latin1', 0, 8) === '\x89PNG\r\n\x1a\n') {
    const size = { width: head.readUInt32BE(16), height: head.readUInt32BE(20) };
    return { filetype: 'png', mimetype: 'image/png', pretty: 'PNG', size };
  }
  if (head.length >= 10 && /^GIF8[79]a/.test(head.toString('latin1'))) {
    const size = { width: head.readUInt16LE(6), height: head.readUInt16LE(8) };
    return { filetype: 'gif', mimetype: 'image/gif', pretty: 'GIF', size };
  }
  if (head.toString('latin1', 0, 3) === '\xff\xd8\xff')
    return { filetype: 'jpg', mimetype: 'image/jpeg', pretty: 'JPEG' };
  return undefined;
}
