/** Our own TLS certificate, read from files and read again when they change, so that a renewal needs no restart. */
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { Clock, Timer } from '#clock.js';

/** Both PEM; `cert` with the chain below it. */
export interface CertificateFiles {
  cert: string;
  key: string;
}

export interface Certificate {
  cert: Buffer;
  key: Buffer;
}

/** The files cannot be read or do not belong together. The message is for the operator. */
export class CertificateError extends Error {
  override readonly name = 'CertificateError';
}

const LOOK_AGAIN_MS = 60_000;

export class OwnCertificate {
  readonly #files: CertificateFiles;
  readonly #clock: Clock;
  #current: Certificate;
  #timer: Timer | undefined;

  /** @throws CertificateError */
  constructor(files: CertificateFiles, clock: Clock) {
    this.#files = files;
    this.#clock = clock;
    this.#current = readPair(files);
  }

  get current(): Certificate {
    return this.#current;
  }

  /** Looks every minute. A pair that is half written, or gone, is left for the next time: the old one goes on. */
  watch(onReplaced: (certificate: Certificate) => void): void {
    this.#timer = this.#clock.after(LOOK_AGAIN_MS, () => {
      try {
        const found = readPair(this.#files);
        if (!found.cert.equals(this.#current.cert) || !found.key.equals(this.#current.key)) {
          this.#current = found;
          onReplaced(found);
        }
      } catch (error) {
        if (!(error instanceof CertificateError)) throw error;
      }
      this.watch(onReplaced);
    });
  }

  close(): void {
    this.#timer?.cancel();
  }
}

function readPair(files: CertificateFiles): Certificate {
  const certificate = { cert: readPem(files.cert), key: readPem(files.key) };
  try {
    createSecureContext(certificate);
  } catch (error) {
    throw new CertificateError(
      `TLS: ${files.cert} and ${files.key} are not a certificate and its key (${textOf(error)})`,
    );
  }
  return certificate;
}

function readPem(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new CertificateError(`TLS: cannot read ${file} (${textOf(error)})`);
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
