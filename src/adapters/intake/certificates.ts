/**
 * Signing certificates of SNS, by URL. A certificate is remembered only after it has verified a message, so a forger can
 * neither fill the memory nor plant anything in it; a failed fetch leaves no trace, the next attempt fetches anew.
 */
import { type KeyObject, X509Certificate } from 'node:crypto';
import type { Instant } from '../../domain/ids.ts';

/** Fetches a PEM text; rejects for anything but a plain, small 200. */
export type FetchCertificate = (url: string) => Promise<string>;

export interface SigningCertificate {
  readonly key: KeyObject;
  readonly validFrom: Instant;
  readonly validTo: Instant;
}

export type CertificateFound =
  | { readonly kind: 'found'; readonly certificate: SigningCertificate }
  /** Fetched, but no certificate we would believe. */
  | { readonly kind: 'unusable' }
  | { readonly kind: 'unavailable'; readonly cause: unknown };

// SNS signs with one certificate per Region and rotates them rarely: 16 covers every plausible set of topics.
const REMEMBERED = 16;
// Only reachable by forgers who know a topic's ARN: they must not make us open connections without end.
const FETCHING = 16;
const SMALLEST_MODULUS = 2048;

export class Certificates {
  readonly #fetch: FetchCertificate;
  readonly #remembered = new Map<string, SigningCertificate>();
  readonly #fetching = new Map<string, Promise<string>>();

  constructor(fetch: FetchCertificate) {
    this.#fetch = fetch;
  }

  /** The certificate behind a URL that has passed the URL rule; concurrent callers share one fetch. */
  async find(url: string, now: Instant): Promise<CertificateFound> {
    const remembered = this.#remembered.get(url);
    if (remembered && isValid(remembered, now)) return { kind: 'found', certificate: remembered };
    this.#remembered.delete(url);
    let pem: string;
    try {
      pem = await this.#fetchOnce(url);
    } catch (cause) {
      return { kind: 'unavailable', cause };
    }
    const certificate = parseCertificate(pem);
    return certificate && isValid(certificate, now) ? { kind: 'found', certificate } : { kind: 'unusable' };
  }

  /** To be called once the certificate has verified a message. */
  remember(url: string, certificate: SigningCertificate): void {
    this.#remembered.delete(url);
    this.#remembered.set(url, certificate);
    const [oldest] = this.#remembered.keys();
    if (oldest !== undefined && this.#remembered.size > REMEMBERED) this.#remembered.delete(oldest);
  }

  #fetchOnce(url: string): Promise<string> {
    const running = this.#fetching.get(url);
    if (running !== undefined) return running;
    if (this.#fetching.size >= FETCHING) return Promise.reject(new Error('too many certificates are being fetched'));
    const fetching = this.#fetch(url).finally(() => this.#fetching.delete(url));
    this.#fetching.set(url, fetching);
    return fetching;
  }
}

/** Parses a PEM text; only RSA keys are accepted, since SNS signs with nothing else. */
export function parseCertificate(pem: string): SigningCertificate | undefined {
  try {
    const { publicKey: key, validFromDate, validToDate } = new X509Certificate(pem);
    if (key.asymmetricKeyType !== 'rsa' || (key.asymmetricKeyDetails?.modulusLength ?? 0) < SMALLEST_MODULUS) {
      return undefined;
    }
    return { key, validFrom: validFromDate.getTime(), validTo: validToDate.getTime() };
  } catch {
    return undefined;
  }
}

// Written so that an unreadable date (NaN) is not valid.
const isValid = ({ validFrom, validTo }: SigningCertificate, now: Instant): boolean =>
  validFrom <= now && now <= validTo;
