/** Where storage reports what it does. A pino logger fits. */
export interface StorageLog {
  info(line: string): void;
  warn(line: string): void;
  error(line: string): void;
}
