import { randomBytes } from 'node:crypto';
import { app, freshId, workspaceDomain } from './identity.ts';

/** A file: reserved, then with its bytes, then completed and visible. */
export interface StoredFile {
  readonly id: string;
  readonly name: string;
  readonly ticket: string;
  readonly length: number;
  /** What a picture shows. */
  readonly altText: string | undefined;
  title: string;
  content: Buffer | undefined;
  /** When its upload was over, ms; from then on neither bytes nor a completion are taken any more. */
  completedAt: number | undefined;
}

/** Files kept, the oldest go first. */
const mostFiles = 50;

/** Files on their way in and files that arrived: files.getUploadURLExternal hands out the ticket their bytes travel on. */
export class Files {
  /** How long after its upload a file is looked through before blocks may show it, ms. */
  lookedThroughAfter = 0;
  readonly #now: () => number;
  readonly #files = new Map<string, StoredFile>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Reserves a place for a file of this name and length. */
  reserve(name: string, length: number, altText: string | undefined): StoredFile {
    const ticket = randomBytes(18).toString('base64url');
    const file: StoredFile = {
      id: freshId('F'),
      name,
      ticket,
      length,
      altText,
      title: name,
      content: undefined,
      completedAt: undefined,
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
    return this.all().find((file) => file.ticket === ticket && file.completedAt === undefined);
  }

  /** Marks the upload as over. */
  complete(file: StoredFile): void {
    file.completedAt = this.#now();
  }

  /** Whether the file is there and looked through. */
  isReady({ completedAt }: StoredFile): boolean {
    return completedAt !== undefined && this.#now() >= completedAt + this.lookedThroughAfter;
  }

  all(): readonly StoredFile[] {
    return [...this.#files.values()];
  }
}

/** Where the file's bytes are, and where people find it. */
export function addressesOf({ id, name }: StoredFile, origin: string) {
  const written = encodeURIComponent(name);
  return {
    url_private: `${origin}/files/${id}/${written}`,
    url_private_download: `${origin}/files/${id}/download/${written}`,
    permalink: `https://${workspaceDomain}.slack.com/files/${app.userId}/${id}/${written}`,
  };
}
