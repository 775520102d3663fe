import { Command, CommanderError } from 'commander';
import { ServerClient } from '#cli/server-client.js';
import { formatTable, printable, type Cell } from '#cli/table.js';
import { CommandFailure, type Terminal } from '#cli/terminal.js';
import { readRunningFile } from '#running-file.js';

/** The values of a command's own options, a switch as `yes` or `no`; commander has checked what can be chosen. */
export type Options = Readonly<Record<string, string | undefined>>;

/** Does the work of one command. Resolves to the exit code when it is not 0. */
export type Action = (invocation: Invocation, args: readonly string[], options: Options) => Promise<number | void>;

/** One run of one command: what it was asked with, and how it answers. */
export class Invocation {
  #client: ServerClient | undefined;

  constructor(
    readonly terminal: Terminal,
    readonly dataFolder: string,
    /** `--json`: results are JSON documents, one a line. */
    readonly json: boolean,
    /** `--account`: a name or id; undefined: the server's first account. */
    readonly account: string | undefined,
  ) {}

  /** The running server; fails with one line when there is none. */
  get server(): ServerClient {
    if (this.#client === undefined) {
      const running = readRunningFile(this.dataFolder);
      if (running === undefined) {
        throw new CommandFailure(
          `the server is not running (no running.json in ${this.dataFolder}): start it with "sidetone serve"`,
        );
      }
      this.#client = new ServerClient(running);
    }
    return this.#client;
  }

  /** A result: the document itself with `--json`, else the text made of it for people. */
  result(document: unknown, text: () => string): void {
    this.terminal.print(this.json ? `${JSON.stringify(document)}\n` : `${text()}\n`);
  }

  /** A list: an array with `--json`, else a table. */
  table<Row>(rows: readonly Row[], columns: Readonly<Record<string, (row: Row) => Cell>>, empty: string): void {
    this.result(rows, () =>
      formatTable(
        Object.keys(columns),
        rows.map((row) => Object.values(columns).map((cell) => cell(row))),
        empty,
      ),
    );
  }

  /** A remark for people, which no pipe should swallow. */
  note(text: string): void {
    this.terminal.note(`${printable(text)}\n`);
  }

  async close(): Promise<void> {
    await this.#client?.close();
  }
}

/** The tree of commands, each with `--json` and `--account`, and the exit codes: 0, 1 could not, 2 asked wrongly. */
export class CommandLine {
  readonly program: Command;
  #exitCode = 0;

  constructor(
    private readonly terminal: Terminal,
    private readonly dataFolder: () => string,
    version: string,
  ) {
    this.program = new Command('sidetone')
      .description('A phone system, automated calls and texts over your own SIP trunk.')
      .version(version)
      .exitOverride()
      .configureOutput({ writeOut: (text) => terminal.print(text), writeErr: (text) => terminal.note(text) });
  }

  group(name: string, description: string): Command {
    return this.program.command(name).description(description);
  }

  /** `usage`: the command's name and arguments, as `add <name>`. */
  add(parent: Command, usage: string, description: string, action: Action): Command {
    const command = parent.command(usage).description(description);
    command
      .option('--json', 'print JSON, one document a line')
      .option('--account <name>', 'the account, by name or id; default: the first')
      .action(async () => {
        const { json, account, ...given } = command.opts<Record<string, string | boolean | undefined>>();
        const options = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, asText(value)]));
        const invocation = new Invocation(this.terminal, this.dataFolder(), json === true, asText(account));
        try {
          this.#exitCode = (await action(invocation, command.args, options)) ?? 0;
        } finally {
          await invocation.close();
        }
      });
    return command;
  }

  /** Runs `argv` (without node and script) and resolves to the exit code; never rejects. */
  async run(argv: readonly string[]): Promise<number> {
    try {
      await this.program.parseAsync(argv, { from: 'user' });
      return this.#exitCode;
    } catch (error) {
      if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
      this.terminal.note(`sidetone: ${printable(error instanceof Error ? error.message : String(error))}\n`);
      return error instanceof CommandFailure ? error.exitCode : 1;
    }
  }
}

function asText(value: string | boolean | undefined): string | undefined {
  return typeof value === 'boolean' ? (value ? 'yes' : 'no') : value;
}
