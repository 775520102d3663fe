/**
 * What is written down of a carrier, by its kind. `core/carriers` checks it where it is written; what is absent is as
 * said here, and each adapter fills it in.
 */

export interface SmppSettings {
  host: string;
  port: number;
  /** Default: no. */
  tls?: boolean;
  /** Default: yes. */
  tlsVerify?: boolean;
  /** Certificates in PEM. Default: those that the system trusts. */
  tlsCa?: string;
  systemId: string;
  /** Default: empty. */
  systemType?: string;
  /** Default: empty. */
  addressRange?: string;
  /** `pair`: a transmitter and a receiver. Default: a transceiver. */
  bind?: 'transceiver' | 'pair';
  /** Connections at once. Default: 1. */
  binds?: number;
  /** Parts under way on each connection. Default: 10. */
  window?: number;
  /** Between two enquire_link. Default: 30. */
  enquireSeconds?: number;
  /** How long a response may take. Default: 10. */
  responseSeconds?: number;
  /** How the ids of receipts differ from those of responses. Default: `auto`. */
  messageId?: 'auto' | 'as_is' | 'hex_to_decimal' | 'decimal_to_hex';
  /** How texts of several parts are marked. Default: `udh`. */
  concatenation?: 'udh' | 'sar' | 'payload';
  /** What data_coding 0 means there. Default: `gsm7`. */
  alphabet?: 'gsm7' | 'latin1' | 'ucs2';
  /** Default: `bare`, without the plus. */
  numberForm?: 'bare' | 'e164';
}

interface HttpServiceSettings {
  /** Requests at once. Default: 10. */
  window?: number;
  /** How long an answer may take. Default: 15. */
  timeoutSeconds?: number;
}

export interface TwilioSettings extends HttpServiceSettings {
  accountSid: string;
  /** Of a service with the same interface. Default: `https://api.twilio.com`. */
  apiUrl?: string;
  /** An API key for requests, with the secret `keySecret`; signatures are always made with the auth token. */
  keySid?: string;
  /** Sends by a messaging service, which may choose the sender. */
  messagingServiceSid?: string;
}

export interface TelnyxSettings extends HttpServiceSettings {
  /** Of a service with the same interface. Default: `https://api.telnyx.com`. */
  apiUrl?: string;
  /** Base64 of 32 bytes; without it callbacks are refused. */
  publicKey?: string;
  messagingProfileId?: string;
}

export interface HttpSettings extends HttpServiceSettings {
  template: HttpTemplate;
}

/** How a service over HTTP is spoken to. Texts hold `{placeholders}`; a path is `messages.0.id`. */
export interface HttpTemplate {
  send: HttpTemplateRequest;
  reply?: {
    /** Statuses of success. Default: 200 to 299. */
    success?: number[];
    /** Statuses that say "later". Default: 429 and 503. */
    throttled?: number[];
    /** Where the reply names the text. */
    id?: string;
    /** A success is one only where this is one of the values. */
    ok?: { path: string; values: string[] };
    errorCode?: string;
    errorDetail?: string;
    /** Error codes that say "later". */
    throttledCodes?: string[];
  };
  receipt?: {
    /** Where several lie in one request. */
    list?: string;
    id: string;
    /** Our id, where the service gives it back. */
    ourId?: string;
    status: string;
    /** Their words for the states; others say nothing. */
    states: Record<string, 'accepted' | 'delivered' | 'undelivered' | 'expired' | 'rejected' | 'unknown'>;
    errorCode?: string;
    errorDetail?: string;
  };
  incoming?: {
    list?: string;
    id?: string;
    from: string;
    to: string;
    text: string;
  };
  /** How a callback proves where it comes from; without it callbacks are refused. */
  signature?: HttpTemplateSignature;
  /** What the service wants to hear. Default: 200 with nothing. */
  answer?: { status?: number; contentType?: string; body?: string };
  /** Asked by `carriers test`; any 2xx is well. */
  test?: HttpTemplateRequest;
}

export interface HttpTemplateRequest {
  /** Default: POST; of `test`: GET. */
  method?: 'GET' | 'POST' | 'PUT';
  url: string;
  headers?: Record<string, string>;
  query?: Record<string, string>;
  /** At most one of these three. */
  json?: unknown;
  form?: Record<string, string>;
  xml?: string;
}

export type HttpTemplateSignature =
  | {
      kind: 'hmac';
      header: string;
      algorithm: 'sha256' | 'sha1';
      /** Default: `hex`. */
      encoding?: 'hex' | 'base64';
      /** In the header before the signature: `sha256=`. */
      prefix?: string;
      /** What is signed: `{body}`, `{url}`, `{header.NAME}`. Default: `{body}`. */
      over?: string;
      /** The name of the secret. */
      secret: string;
      /** A header with the time in seconds since 1970; older than five minutes is refused. It must be signed, too. */
      timestampHeader?: string;
    }
  /** The header is the secret. */
  | { kind: 'header'; header: string; secret: string }
  /** A parameter of the address is the secret. */
  | { kind: 'query'; parameter: string; secret: string };
