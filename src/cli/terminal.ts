/** What a command needs of the world it runs in; tests give their own. */
export interface Terminal {
  /** For results: may be piped into another program. Without a line end. */
  print(text: string): void;
  /** For people: notes and errors, on stderr. */
  note(text: string): void;
  /** Asks a person; absent where none is there to answer. */
  ask?: (question: string) => Promise<string>;
  env: Readonly<Record<string, string | undefined>>;
  /** Aborted by Ctrl-C; a command that follows something stops then. */
  interrupted: AbortSignal;
}

/** Ends a command with one line on stderr. 1: it could not be done; 2: it was asked for wrongly. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';

  constructor(
    message: string,
    readonly exitCode: 1 | 2 = 1,
  ) {
    super(message);
  }
}
