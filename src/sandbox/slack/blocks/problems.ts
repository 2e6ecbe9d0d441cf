import { isObject, type JsonObject } from '../json.ts';

/**
 * What Slack finds wrong with blocks, in the words of its `response_metadata.messages`. Rules of this room call these
 * helpers with the JSON pointer of the value they look at.
 */
export class Problems {
  readonly messages: string[] = [];

  add(pointer: string, message: string): void {
    this.messages.push(`[ERROR] ${message} [json-pointer:${pointer}]`);
  }

  /** A text of 1 to `most` characters; absent is fine unless required. */
  string(value: unknown, pointer: string, most: number, required = false): void {
    if (value === undefined || value === null) {
      if (required) this.add(pointer.slice(0, pointer.lastIndexOf('/')), `missing required field: ${nameOf(pointer)}`);
    } else if (typeof value !== 'string') this.add(pointer, 'must provide a string');
    else if (value.length > most) this.add(pointer, `must be less than ${most + 1} characters`);
    else if (value.length === 0 && required) this.add(pointer, 'must be more than 0 characters');
  }

  /** A text object of 1 to `most` characters, of one of the allowed kinds. */
  text(value: unknown, pointer: string, most: number, kinds: 'plain' | 'any', required = false): void {
    if (value === undefined || value === null) {
      if (required) this.add(pointer.slice(0, pointer.lastIndexOf('/')), `missing required field: ${nameOf(pointer)}`);
      return;
    }
    if (!isObject(value)) {
      this.add(pointer, 'must provide an object');
      return;
    }
    if (value.type !== 'plain_text' && (kinds === 'plain' || value.type !== 'mrkdwn'))
      this.add(`${pointer}/type`, `unsupported type: ${String(value.type)}`);
    this.string(value.text, `${pointer}/text`, most, true);
  }

  /** An array of 1 to `most` objects, each looked at in turn. */
  list(value: unknown, pointer: string, most: number, each: (item: JsonObject, pointer: string) => void): void {
    if (!Array.isArray(value)) {
      this.add(pointer, 'must provide an array');
      return;
    }
    if (value.length === 0) this.add(pointer, 'no fewer than 1 items allowed');
    if (value.length > most) this.add(pointer, `no more than ${most} items allowed`);
    for (const [index, item] of value.entries())
      if (isObject(item)) each(item, `${pointer}/${index}`);
      else this.add(`${pointer}/${index}`, 'must provide an object');
  }
}

function nameOf(pointer: string): string {
  return pointer.slice(pointer.lastIndexOf('/') + 1);
}
