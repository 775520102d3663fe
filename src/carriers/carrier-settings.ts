/**
 * What is written down of a carrier, by its kind. `core/carriers` checks it where it is written; what is absent is as
 * said here, and each adapter fills it in.
 */

/** SMPP 3.4. */
export interface SmppSettings {
  host: string;
  port: number;
  /** Default: no. */
  tls?: boolean;
  /** Default: yes. */
  tlsVerify?: boolean;
  /** Certificates in PEM. Default: those that the system trusts. */
  tlsCa?: string;
  /** The name that the certificate is for. Default: the host. */
  tlsServerName?: string;
  systemId: string;
  /** Default: empty. */
  systemType?: string;
  /** Which addresses the carrier sends us the texts of, as it wants them written. Default: empty. */
  addressRange?: string;
  /** Default: 0. */
  addressTon?: number;
  /** Default: 0. */
  addressNpi?: number;
  /** Default: empty. */
  serviceType?: string;
  /** `pair`: a transmitter and a receiver. Default: a transceiver. */
  bind?: 'transceiver' | 'pair';
  /** Connections (or pairs) at once. Default: 1. */
  binds?: number;
  /** Parts under way on each connection. Default: 10. */
  window?: number;
  /** Between two enquire_link. Default: 30. */
  enquireSeconds?: number;
  /** How long a response may take. Default: 10. */
  responseSeconds?: number;
  /**
   * `hex_to_decimal`: responses have a hexadecimal id, receipts the same number in decimal; `decimal_to_hex`: the other
   * way round. Default: `as_is`.
   */
  messageId?: 'as_is' | 'hex_to_decimal' | 'decimal_to_hex';
  /**
   * Receipts are known by their text where the carrier marks them in no other way. Default: no, for anybody can write
   * such a text and would so say what became of a text of somebody else.
   */
  receiptsByText?: boolean;
  /**
   * How texts of several parts are handed over: with a header in each (3GPP TS 23.040), with the sar_ parameters, or whole
   * in message_payload (SMPP 3.4, 5.3.2.22 to 24 and 32). Default: `udh`.
   */
  concatenation?: 'udh' | 'sar' | 'payload';
  /** Default: `bare`, without the plus. */
  numberForm?: 'bare' | 'e164';
  /** The type of number of a short code as the sender. Default: 3, network specific. */
  shortCodeTon?: number;
  /** Default: 0. */
  shortCodeNpi?: number;
  /** Gives the reference of the text's parts as user_message_reference. Default: no. */
  userMessageReference?: boolean;
}

/** What every kind has. */
export interface EverySettings {
  /** The carrier itself answers STOP and the like, so that we do not. Default: yes of twilio and telnyx, else no. */
  ownOptOutReplies?: boolean;
}

interface HttpServiceSettings extends EverySettings {
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

/**
 * How a service over HTTP is spoken to. Texts hold `{placeholders}`; a path is `messages.0.id`. A value of the JSON, the
 * form or the query of `send` that is `{media}` alone becomes the addresses of the files of a text: a list, or the same
 * name so often; of a text without files it is left out. Without one the service is given no files.
 */
export interface HttpTemplate {
  send: HttpTemplateRequest;
  reply?: {
    /** Statuses of success. Default: 200 to 299. */
    success?: number[];
    /** Statuses that say "later". Default: 429. */
    throttled?: number[];
    /** Where the reply names the text. A pattern `/…/` is looked for in the whole reply instead, here and below. */
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
    /** A list of files: addresses, or objects with `mediaUrl` and `mediaType`, which are paths in each. */
    media?: string;
    mediaUrl?: string;
    mediaType?: string;
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
