/** Secrets travel apart from every other setting, in an object that cannot be printed by accident. */
import { inspect } from 'node:util';

export interface SecretValues {
  readonly slackBotToken: string;
  /** Absent only in Socket Mode, where Slack signs nothing. */
  readonly slackSigningSecret: string | undefined;
  readonly slackAppToken: string | undefined;
  readonly eventBridgeTokens: readonly string[];
  readonly redisUrl: string;
  /** Each 32 bytes in base64. */
  readonly secretKeys: readonly string[];
}

const PRINTED = '[secrets]';

/** Private fields are invisible to JSON, `inspect`, spread and `structuredClone`; the three printers say why. */
export class Secrets {
  readonly #values: SecretValues;

  constructor(values: SecretValues) {
    this.#values = values;
  }

  slackBotToken(): string {
    return this.#values.slackBotToken;
  }

  /** `undefined` only in Socket Mode. */
  slackSigningSecret(): string | undefined {
    return this.#values.slackSigningSecret;
  }

  /** Present means Socket Mode. */
  slackAppToken(): string | undefined {
    return this.#values.slackAppToken;
  }

  /** Tokens an EventBridge API destination may send: none closes that door, two are live during a rotation. */
  eventBridgeTokens(): readonly string[] {
    return this.#values.eventBridgeTokens;
  }

  /** With its password; print `redisDisplay` instead. */
  redisUrl(): string {
    return this.#values.redisUrl;
  }

  /** 32 bytes each: the first encrypts step-up secrets, all decrypt them. None: there are no codes; two during a rotation. */
  secretKeys(): readonly Uint8Array[] {
    return this.#values.secretKeys.map((text) => Buffer.from(text, 'base64'));
  }

  /** Where Redis is, without who we are there: `rediss://cache.internal:6380/2`. */
  redisDisplay(): string {
    const url = new URL(this.#values.redisUrl);
    return `${url.protocol}//${url.host}${url.pathname === '/' ? '' : url.pathname}`;
  }

  /** Every secret text, for scrubbing them out of logs. */
  values(): readonly string[] {
    const { slackBotToken, slackSigningSecret, slackAppToken, eventBridgeTokens, redisUrl, secretKeys } = this.#values;
    // As it stands in the URL: decoding would throw on a stray percent sign.
    const { password } = new URL(redisUrl);
    return [slackBotToken, slackSigningSecret, slackAppToken, ...eventBridgeTokens, password, ...secretKeys].filter(
      (text) => text !== undefined && text !== '',
    ) as string[];
  }

  toString(): string {
    return PRINTED;
  }

  toJSON(): string {
    return PRINTED;
  }

  [inspect.custom](): string {
    return PRINTED;
  }
}
