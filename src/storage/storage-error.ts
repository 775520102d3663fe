/**
 * Something about the database that a person must put right. The message is one line, fit to print as it is:
 * it names what to do and never holds a password.
 */
export class StorageError extends Error {
  override readonly name = 'StorageError';
}
