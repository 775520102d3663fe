/** What core needs of a logger; pino fits. Numbers, codes and message bodies never go in (design section 6). */
export interface Log {
  debug(details: object, message: string): void;
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}
