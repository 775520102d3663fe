/**
 * Runs a WebAssembly command built for WASI preview 1: arguments go in, what it prints and the files it writes come out.
 * Only what flite imports is here, and it gets nothing of the machine: files are memory that can be written from start
 * to end, standard input is empty, the clock stands still. `node:wasi` crashes with flite.
 * https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md
 */
const SUCCESS = 0;
const BAD_FILE_DESCRIPTOR = 8;
const INVALID_ARGUMENT = 28;
const NO_SUCH_FILE = 44;
const NO_SPACE = 51;
const NOT_SEEKABLE = 70;

const FILE_TYPE = { character: 2, directory: 3, regular: 4 } as const;
const ALL_RIGHTS = 0xffff_ffff_ffff_ffffn;
const OPEN_CREATE = 1;

/** The one folder a command sees, already open as WASI has it: the first descriptor after the standard streams. */
const ROOT = 3;
/** Standard output and error are for diagnosis only. */
const MAX_STREAM_BYTES = 64 * 1024;

export interface CommandResult {
  exitCode: number;
  /** Standard output and error together, the first 64 KiB. */
  printed: string;
  /** What the command left behind, by path as it named them. */
  files: ReadonlyMap<string, Uint8Array>;
}

/** One run of a command. Building it does the costly part (memory and data), so that a spare can wait for its work. */
export class WasiCommand {
  readonly #instance: WebAssembly.Instance;
  readonly #memory: WebAssembly.Memory;
  readonly #maxFileBytes: number;
  readonly #files = new Map<string, WrittenFile>();
  readonly #open = new Map<number, WrittenFile>();
  #arguments: Uint8Array[] = [];
  #nextDescriptor = ROOT + 1;
  #printed = '';

  constructor(module: WebAssembly.Module, limits: { maxFileBytes: number }) {
    this.#maxFileBytes = limits.maxFileBytes;
    this.#instance = new WebAssembly.Instance(module, { wasi_snapshot_preview1: this.#imports() });
    const { memory } = this.#instance.exports;
    if (!(memory instanceof WebAssembly.Memory)) throw new TypeError('not a WASI command: it exports no memory');
    this.#memory = memory;
  }

  /** Once only. `args[0]` is the program's name. Throws what the module throws when it traps. */
  run(args: readonly string[]): CommandResult {
    const { _start: start } = this.#instance.exports;
    if (typeof start !== 'function') throw new TypeError('not a WASI command: it exports no _start');
    // A NUL would end the argument early for C.
    this.#arguments = args.map((argument) => Buffer.from(`${argument.replaceAll('\0', '')}\0`));
    let exitCode = 0;
    try {
      (start as () => void)();
    } catch (error) {
      if (!(error instanceof Exit)) throw error;
      exitCode = error.code;
    }
    const files = new Map([...this.#files].map(([path, file]) => [path, file.content()] as const));
    return { exitCode, printed: this.#printed, files };
  }

  // The buffer is replaced whenever the memory grows, so views are made afresh.
  get #view(): DataView {
    return new DataView(this.#memory.buffer);
  }

  #bytes(at: number, length: number): Uint8Array {
    return new Uint8Array(this.#memory.buffer, at, length);
  }

  #vectors(at: number, count: number): Uint8Array[] {
    const view = this.#view;
    return Array.from({ length: count }, (_, index) =>
      this.#bytes(view.getUint32(at + index * 8, true), view.getUint32(at + index * 8 + 4, true)),
    );
  }

  #imports(): Record<string, (...args: never[]) => number> {
    return {
      args_sizes_get: (countAt: number, sizeAt: number) => {
        this.#view.setUint32(countAt, this.#arguments.length, true);
        this.#view.setUint32(
          sizeAt,
          this.#arguments.reduce((sum, argument) => sum + argument.length, 0),
          true,
        );
        return SUCCESS;
      },
      args_get: (pointersAt: number, textAt: number) => {
        for (const [index, argument] of this.#arguments.entries()) {
          this.#view.setUint32(pointersAt + index * 4, textAt, true);
          this.#bytes(textAt, argument.length).set(argument);
          textAt += argument.length;
        }
        return SUCCESS;
      },
      // Flite only measures its own speed with it; a still clock keeps its output the same for the same text.
      clock_time_get: (_clock: number, _precision: bigint, timeAt: number) => {
        this.#view.setBigUint64(timeAt, 0n, true);
        return SUCCESS;
      },
      fd_prestat_get: (descriptor: number, at: number) => {
        if (descriptor !== ROOT) return BAD_FILE_DESCRIPTOR;
        this.#view.setUint8(at, 0);
        this.#view.setUint32(at + 4, 1, true);
        return SUCCESS;
      },
      fd_prestat_dir_name: (descriptor: number, at: number, length: number) => {
        if (descriptor !== ROOT) return BAD_FILE_DESCRIPTOR;
        if (length < 1) return INVALID_ARGUMENT;
        this.#view.setUint8(at, '/'.charCodeAt(0));
        return SUCCESS;
      },
      fd_fdstat_get: (descriptor: number, at: number) => {
        const type = this.#fileType(descriptor);
        if (type === undefined) return BAD_FILE_DESCRIPTOR;
        this.#bytes(at, 24).fill(0);
        this.#view.setUint8(at, type);
        this.#view.setBigUint64(at + 8, ALL_RIGHTS, true);
        this.#view.setBigUint64(at + 16, ALL_RIGHTS, true);
        return SUCCESS;
      },
      fd_fdstat_set_flags: (descriptor: number) =>
        this.#fileType(descriptor) === undefined ? BAD_FILE_DESCRIPTOR : SUCCESS,
      path_open: (
        folder: number,
        _lookup: number,
        pathAt: number,
        pathLength: number,
        how: number,
        _rights: bigint,
        _inherited: bigint,
        _flags: number,
        descriptorAt: number,
      ) => {
        if (folder !== ROOT) return BAD_FILE_DESCRIPTOR;
        const path = Buffer.from(this.#bytes(pathAt, pathLength)).toString();
        if (!(how & OPEN_CREATE)) return NO_SUCH_FILE;
        const file = new WrittenFile(this.#maxFileBytes);
        this.#files.set(path, file);
        const descriptor = this.#nextDescriptor++;
        this.#open.set(descriptor, file);
        this.#view.setUint32(descriptorAt, descriptor, true);
        return SUCCESS;
      },
      fd_close: (descriptor: number) => (this.#open.delete(descriptor) ? SUCCESS : BAD_FILE_DESCRIPTOR),
      fd_seek: () => NOT_SEEKABLE,
      fd_read: (descriptor: number, _vectorsAt: number, _count: number, readAt: number) => {
        if (descriptor !== 0) return BAD_FILE_DESCRIPTOR;
        this.#view.setUint32(readAt, 0, true);
        return SUCCESS;
      },
      fd_write: (descriptor: number, vectorsAt: number, count: number, writtenAt: number) => {
        const file = this.#open.get(descriptor);
        if (!file && descriptor !== 1 && descriptor !== 2) return BAD_FILE_DESCRIPTOR;
        let written = 0;
        for (const bytes of this.#vectors(vectorsAt, count)) {
          if (!file) this.#print(bytes);
          else if (!file.append(bytes)) return NO_SPACE;
          written += bytes.length;
        }
        this.#view.setUint32(writtenAt, written, true);
        return SUCCESS;
      },
      proc_exit: (code: number) => {
        throw new Exit(code);
      },
    };
  }

  #print(bytes: Uint8Array): void {
    const room = MAX_STREAM_BYTES - this.#printed.length;
    this.#printed += Buffer.from(bytes).toString('latin1').slice(0, room);
  }

  #fileType(descriptor: number): number | undefined {
    if (descriptor >= 0 && descriptor < ROOT) return FILE_TYPE.character;
    if (descriptor === ROOT) return FILE_TYPE.directory;
    return this.#open.has(descriptor) ? FILE_TYPE.regular : undefined;
  }
}

class WrittenFile {
  readonly #maxBytes: number;
  #bytes = new Uint8Array(64 * 1024);
  #size = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  content(): Uint8Array {
    return this.#bytes.subarray(0, this.#size);
  }

  /** False when the file would become too large. */
  append(bytes: Uint8Array): boolean {
    const size = this.#size + bytes.length;
    if (size > this.#maxBytes) return false;
    if (size > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(size, this.#bytes.length * 2));
      larger.set(this.content());
      this.#bytes = larger;
    }
    this.#bytes.set(bytes, this.#size);
    this.#size = size;
    return true;
  }
}

class Exit extends Error {
  readonly code: number;

  constructor(code: number) {
    super(`exit ${code}`);
    this.code = code;
  }
}
