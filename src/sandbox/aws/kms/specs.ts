/** Key specs, the usages each allows, and the algorithms each pair offers (CreateKey and the key-spec reference). */

export type KeyUsage =
  | 'ENCRYPT_DECRYPT'
  | 'SIGN_VERIFY'
  | 'GENERATE_VERIFY_MAC'
  | 'KEY_AGREEMENT'
  | 'ENCAPSULATE_DECAPSULATE';

const rsaSigning = ['RSASSA_PKCS1_V1_5', 'RSASSA_PSS'].flatMap((scheme) =>
  ['SHA_256', 'SHA_384', 'SHA_512'].map((hash) => `${scheme}_${hash}`),
);
const rsa = (bits: number) => ({
  kind: 'rsa' as const,
  bits,
  usages: { ENCRYPT_DECRYPT: ['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256'], SIGN_VERIFY: rsaSigning },
});
const nist = (curve: string, hash: string) => ({
  kind: 'ec' as const,
  curve,
  usages: { SIGN_VERIFY: [`ECDSA_${hash}`], KEY_AGREEMENT: ['ECDH'] },
});
const hmac = (bits: number) => ({
  kind: 'hmac' as const,
  bits,
  usages: { GENERATE_VERIFY_MAC: [`HMAC_SHA_${bits}`] },
});
const lattice = (name: string) =>
  name.startsWith('ml-dsa')
    ? { kind: 'pair' as const, name, usages: { SIGN_VERIFY: ['ML_DSA_SHAKE_256'] } }
    : { kind: 'pair' as const, name, usages: { ENCAPSULATE_DECAPSULATE: ['ML_KEM'] } };

const table = {
  SYMMETRIC_DEFAULT: { kind: 'symmetric' as const, usages: { ENCRYPT_DECRYPT: ['SYMMETRIC_DEFAULT'] } },
  HMAC_224: hmac(224),
  HMAC_256: hmac(256),
  HMAC_384: hmac(384),
  HMAC_512: hmac(512),
  RSA_2048: rsa(2048),
  RSA_3072: rsa(3072),
  RSA_4096: rsa(4096),
  ECC_NIST_P256: nist('prime256v1', 'SHA_256'),
  ECC_NIST_P384: nist('secp384r1', 'SHA_384'),
  ECC_NIST_P521: nist('secp521r1', 'SHA_512'),
  ECC_SECG_P256K1: { kind: 'ec' as const, curve: 'secp256k1', usages: { SIGN_VERIFY: ['ECDSA_SHA_256'] } },
  ECC_NIST_EDWARDS25519: {
    kind: 'pair' as const,
    name: 'ed25519',
    usages: { SIGN_VERIFY: ['ED25519_SHA_512', 'ED25519_PH_SHA_512'] },
  },
  ML_DSA_44: lattice('ml-dsa-44'),
  ML_DSA_65: lattice('ml-dsa-65'),
  ML_DSA_87: lattice('ml-dsa-87'),
  ML_KEM_512: lattice('ml-kem-512'),
  ML_KEM_768: lattice('ml-kem-768'),
  ML_KEM_1024: lattice('ml-kem-1024'),
};

export type KeySpec = keyof typeof table;

/** What a spec is made of. */
export interface Spec {
  readonly kind: 'symmetric' | 'hmac' | 'rsa' | 'ec' | 'pair';
  /** RSA modulus or HMAC length. */
  readonly bits?: number;
  readonly curve?: string;
  /** OpenSSL's name of a key type that has no parameters. */
  readonly name?: string;
  readonly usages: Readonly<Partial<Record<KeyUsage, readonly string[]>>>;
}

export const specs: Readonly<Record<KeySpec, Spec>> = table;
export const keySpecs = Object.keys(table) as readonly KeySpec[];
export const keyUsages: readonly KeyUsage[] = [
  'ENCRYPT_DECRYPT',
  'SIGN_VERIFY',
  'GENERATE_VERIFY_MAC',
  'KEY_AGREEMENT',
  'ENCAPSULATE_DECAPSULATE',
];

/** The member of `KeyMetadata` and of GetPublicKey that lists a usage's algorithms. */
export const algorithmsMember: Readonly<Record<KeyUsage, string>> = {
  ENCRYPT_DECRYPT: 'EncryptionAlgorithms',
  SIGN_VERIFY: 'SigningAlgorithms',
  GENERATE_VERIFY_MAC: 'MacAlgorithms',
  KEY_AGREEMENT: 'KeyAgreementAlgorithms',
  ENCAPSULATE_DECAPSULATE: 'EncapsulationAlgorithms',
};

/** The algorithms a key of this spec and usage offers. */
export function algorithms(spec: KeySpec, usage: KeyUsage): readonly string[] {
  return specs[spec].usages[usage] ?? [];
}

/** Whether the spec is the symmetric encryption one, the only one that rotates and takes several materials. */
export function isSymmetric(key: { readonly spec: KeySpec }): boolean {
  return key.spec === 'SYMMETRIC_DEFAULT';
}
