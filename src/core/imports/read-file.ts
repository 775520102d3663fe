import type { Core, CsvRow } from '#core/core.js';
import { withoutGuard } from '#core/csv-text.js';
import { CoreError } from '#core/errors.js';
import { IMPORT_LIMITS, type ImportOptions } from '#core/imports/import.js';

interface StandIn {
  column: string;
  for: string;
}

/** A file of rows with a heading. */
export interface OpenedFile {
  /** As it has them. */
  heading: readonly string[];
  /** What each heading stands for; undefined: not read. */
  columns: readonly (string | undefined)[];
  /** Columns that stand in for another in a row where that is empty: a mobile for the phone. */
  standIns: readonly StandIn[];
  rows: AsyncIterable<CsvRow>;
  /** For whoever does not read its rows. */
  close(): Promise<void>;
}

/**
 * Opens a file and reads its heading; who reads its rows reads all of them, or stops.
 * @throws CoreError `import.bad_input` for a heading that cannot be used
 */
export async function openFile(
  core: Pick<Core, 'uploads' | 'readCsv'>,
  file: string,
  known: readonly string[],
  { columns: mapping, aliases }: ImportOptions,
): Promise<OpenedFile> {
  const rows = core.readCsv(await core.uploads.read(file))[Symbol.asyncIterator]();
  try {
    const first = await rows.next();
    if (first.done === true) throw bad('The file is empty: its first line names the columns.');
    const heading = first.value.cells.map((cell) => cell.trim());
    if (heading.length > IMPORT_LIMITS.columns) throw bad(`A file has at most ${IMPORT_LIMITS.columns} columns.`);
    const { columns, standIns } = nameColumns(heading, known, mapping ?? {}, aliases ?? {});
    const close = async (): Promise<void> => void (await rows.return?.());
    return { heading, columns, standIns, rows: { [Symbol.asyncIterator]: () => rows }, close };
  } catch (error) {
    await rows.return?.();
    throw error;
  }
}

function nameColumns(
  heading: readonly string[],
  known: readonly string[],
  mapping: Record<string, string | null>,
  aliases: Record<string, string>,
): Pick<OpenedFile, 'columns' | 'standIns'> {
  const standIns: StandIn[] = [];
  const absent = Object.keys(mapping).find((name) => !heading.includes(name));
  if (absent !== undefined) throw bad(`The file has no column "${absent}", which is to be read as another.`);
  const given = heading.map((name) => (Object.hasOwn(mapping, name) ? mapping[name] : name) || undefined);
  const taken = new Set(given.map((name) => name && plainOf(name)).filter((name) => name && known.includes(name)));
  const columns = given.map((name) => {
    if (name === undefined) return undefined;
    const plain = plainOf(name);
    if (known.includes(plain)) return plain;
    // What address books have twice, as phone and mobile, stands once for it: where no other column does.
    const meant = aliases[plain];
    if (meant === undefined) return name;
    if (taken.has(meant)) {
      standIns.push({ column: name, for: meant });
      return name;
    }
    taken.add(meant);
    return meant;
  });
  const twice = columns.find((name, index) => name !== undefined && columns.indexOf(name) !== index);
  if (twice !== undefined) throw bad(`Two columns of the file stand for "${twice}".`);
  if (!columns.includes('phone')) {
    throw bad(
      'The file has no column "phone". Its first line names the columns, or "columns" says which is the phone.',
    );
  }
  return { columns, standIns };
}

/** `phoneNumber`, `Phone number` and `phone-number` are `phone_number`. */
function plainOf(name: string): string {
  return name
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replace(/[\s-]+/g, '_');
}

/** The row by the names of its columns, or why it is none. Cells that an editor added at the end may be empty. */
export function rowOf(
  { columns, standIns }: Pick<OpenedFile, 'columns' | 'standIns'>,
  cells: readonly string[],
): Record<string, string> | string {
  if (cells.length < columns.length || cells.slice(columns.length).some((cell) => cell !== '')) {
    return `The row has ${cells.length} cells, the heading has ${columns.length}.`;
  }
  const row: Record<string, string> = {};
  for (let index = 0; index < columns.length; index++) {
    const name = columns[index];
    if (name !== undefined) row[name] = withoutGuard(cells[index] ?? '');
  }
  for (const { column, for: meant } of standIns) {
    if (row[meant]?.trim() !== '') continue;
    row[meant] = row[column] ?? '';
    row[column] = '';
  }
  return row;
}

function bad(message: string): CoreError {
  return new CoreError('import.bad_input', message);
}
