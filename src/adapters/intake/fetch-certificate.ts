/** Fetches a signing certificate in production. The address has passed the URL rule before; this bounds the answer. */
const TIMEOUT = 3_000;
// SNS's certificates are about 2 KB.
const LARGEST = 16 * 1024;

/** Rejects for redirects, any status but 200, more than 16 KiB, and after three seconds, the body included. */
export async function fetchCertificate(url: string): Promise<string> {
  const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(TIMEOUT) });
  if (response.status !== 200 || !response.body) {
    await response.body?.cancel();
    throw new Error(`the certificate's address answered ${response.status}`);
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body) {
    size += chunk.byteLength;
    // Leaving the loop cancels the body.
    if (size > LARGEST) throw new Error('the certificate is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('latin1');
}
