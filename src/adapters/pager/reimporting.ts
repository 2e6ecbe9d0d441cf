/** The commands that import the same key material again, for whoever holds it and has no Slack at hand. */
import { parseKeyArn } from '../../domain/ids.ts';
import type { Page } from '../../domain/page.ts';
import { reimportCommands } from '../../domain/reimport.ts';

/** The page does not know what kind of key it is. */
export function reimporting(page: Page): readonly string[] {
  const key = page.key === undefined ? undefined : parseKeyArn(page.key);
  if (key === undefined) return [];
  const line = (operation: string): string => `  aws kms ${operation} --region ${key.region} --key-id ${key.arn}`;
  const [parameters, importing] = reimportCommands(key, 'RSAES_OAEP_SHA_256');
  return [
    line('describe-key'),
    ...(page.deletionDate === undefined
      ? []
      : [`${line('cancel-key-deletion')}    (KMS takes no material while the deletion is pending)`]),
    `  ${parameters}    (a private key: RSA_AES_KEY_WRAP_SHA_256)`,
    `  ${importing}`,
  ];
}
