import { createHash } from 'node:crypto';

/** What RFC 8760 allows and this stack computes; the first is the strongest. */
export const DIGEST_ALGORITHMS = ['SHA-512-256', 'SHA-256', 'MD5'] as const;
export type DigestAlgorithm = (typeof DIGEST_ALGORITHMS)[number];

/** Undefined for one that is not computed here, the `-sess` ones among them. Absent means MD5 (RFC 7616 section 3.3). */
export function digestAlgorithm(name: string | undefined): DigestAlgorithm | undefined {
  return DIGEST_ALGORITHMS.find((known) => known === (name ?? 'MD5').toUpperCase());
}

export interface DigestInput {
  algorithm: DigestAlgorithm;
  username: string;
  realm: string;
  password: string;
  method: string;
  uri: string;
  nonce: string;
  /** With `qop=auth`; without it the older form of RFC 2069 is computed. */
  qop?: { cnonce: string; nc: string } | undefined;
}

/** As OpenSSL calls them. */
const HASHES = { 'SHA-512-256': 'sha512-256', 'SHA-256': 'sha256', MD5: 'md5' } as const;

/** RFC 7616 section 3.4.1, in lower-case hexadecimal digits. */
export function digestResponse(input: DigestInput): string {
  const hash = (text: string): string => createHash(HASHES[input.algorithm]).update(text).digest('hex');
  const ha1 = hash(`${input.username}:${input.realm}:${input.password}`);
  const ha2 = hash(`${input.method}:${input.uri}`);
  const { nonce, qop } = input;
  return hash(qop === undefined ? `${ha1}:${nonce}:${ha2}` : `${ha1}:${nonce}:${qop.nc}:${qop.cnonce}:auth:${ha2}`);
}
