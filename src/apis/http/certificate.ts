import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { Clock, Timer } from '#clock.js';
import { ConfigError, type HttpConfig } from '#config.js';
import type { Log } from '#core/log.js';

type Files = NonNullable<HttpConfig['tls']>;

export interface Certificate {
  cert: Buffer;
  key: Buffer;
}

/** @throws ConfigError for files that cannot be read or do not belong together */
export function readCertificate(files: Files): Certificate {
  const certificate = {
    cert: read('SIDETONE_TLS_CERT', files.certFile),
    key: read('SIDETONE_TLS_KEY', files.keyFile),
  };
  try {
    createSecureContext(certificate);
  } catch (error) {
    throw new ConfigError(
      `SIDETONE_TLS_CERT: ${files.certFile} and ${files.keyFile} are not a certificate and its key (${textOf(error)})`,
    );
  }
  return certificate;
}

function read(variable: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new ConfigError(`${variable}: cannot read ${file} (${textOf(error)})`);
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const LOOK_AGAIN_MS = 60_000;

/** Looks at the files every minute and gives the server a new certificate; connections in use keep the old one. */
export class CertificateWatch {
  #timer: Timer;

  constructor(
    private readonly server: { setSecureContext(certificate: Certificate): void },
    private readonly files: Files,
    private current: Certificate,
    private readonly core: { clock: Clock; log: Log },
  ) {
    this.#timer = this.#later();
  }

  /** A pair that is half written, or gone, is left for the next time: the old one goes on. */
  check(): void {
    try {
      const found = readCertificate(this.files);
      if (found.cert.equals(this.current.cert) && found.key.equals(this.current.key)) return;
      this.server.setSecureContext(found);
      this.current = found;
      this.core.log.info({}, 'the TLS certificate was replaced');
    } catch (error) {
      this.core.log.warn({ err: error }, 'the TLS certificate cannot be read; the old one stays in use');
    }
  }

  close(): void {
    this.#timer.cancel();
  }

  #later(): Timer {
    return this.core.clock.after(LOOK_AGAIN_MS, () => {
      this.check();
      this.#timer = this.#later();
    });
  }
}
