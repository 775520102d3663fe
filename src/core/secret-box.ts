import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes } from 'node:crypto';

/** Encrypts what must be read again (trunk passwords, webhook secrets): AES-256-GCM under the installation's key. */
export interface SecretBox {
  seal(plain: string): Buffer;
  /** Throws when the text was sealed under another key or altered. */
  open(sealed: Buffer): string;
  /** A key for one purpose, derived from the installation's key. */
  derive(purpose: string): Buffer;
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** `key`: any non-empty text; it is stretched to 32 bytes by SHA-256, so it must be random, not a password. */
export function openSecretBox(key: string): SecretBox {
  const secret = createHash('sha256').update(key).digest();
  return {
    seal(plain) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', secret, nonce);
      const text = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), text]);
    },
    open(sealed) {
      const decipher = createDecipheriv('aes-256-gcm', secret, sealed.subarray(0, NONCE_BYTES));
      decipher.setAuthTag(sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
      return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]).toString();
    },
    derive: (purpose) => createHmac('sha256', secret).update(purpose).digest(),
  };
}
