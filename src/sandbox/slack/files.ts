import { randomBytes } from 'node:crypto';
import { freshId } from './identity.ts';

/** A file: reserved, then with its bytes, then completed and visible. */
export interface StoredFile {
  readonly id: string;
  readonly name: string;
  readonly ticket: string;
  readonly length: number;
  title: string;
  content: Buffer | undefined;
  /** Its upload is over: neither bytes nor a completion are taken any more. */
  completed: boolean;
}

/** Files kept, the oldest go first. */
const mostFiles = 50;

/** Files on their way in and files that arrived: files.getUploadURLExternal hands out the ticket their bytes travel on. */
export class Files {
  readonly #files = new Map<string, StoredFile>();

  /** Reserves a place for a file of this name and length. */
  reserve(name: string, length: number): StoredFile {
    const ticket = randomBytes(18).toString('base64url');
    const file: StoredFile = {
      id: freshId('F'),
      name,
      ticket,
      length,
      title: name,
      content: undefined,
      completed: false,
    };
    this.#files.set(file.id, file);
    const oldest = this.#files.keys().next();
    if (this.#files.size > mostFiles && !oldest.done) this.#files.delete(oldest.value);
    return file;
  }

  find(id: string): StoredFile | undefined {
    return this.#files.get(id);
  }

  /** The file whose bytes travel on this ticket, until its upload is over. */
  byTicket(ticket: string): StoredFile | undefined {
    return [...this.#files.values()].find((file) => file.ticket === ticket && !file.completed);
  }
}
