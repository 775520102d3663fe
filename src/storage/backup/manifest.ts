/** What a backup says of itself: its first file, `manifest.json`. */
export interface Manifest {
  format: typeof FORMAT;
  /** ISO 8601, UTC: the moment of which the backup is. */
  createdAt: string;
  /** The migrations that its database had, in order. */
  migrations: string[];
  tables: TableManifest[];
  /** Last values of the sequences behind identity columns. */
  sequences: { name: string; value: number }[];
}

export interface TableManifest {
  name: string;
  /** In the order of the rows' fields. */
  columns: string[];
  rows: number;
}

export const FORMAT = 'sidetone-backup-1';
export const MANIFEST = 'manifest.json';
export const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;

/** The key that the database's secrets are encrypted with; absent where SIDETONE_SECRET_KEY holds it. */
export const SECRET_FILE = 'secret.key';
/** The folders of the data folder that cannot be made anew from anything else. */
export const FILE_FOLDERS = ['recordings', 'uploads'];

/** A table's rows in COPY's text format, in as many parts as it takes: `tables/calls/000001`. */
export const tablePart = (table: string, part: number): string => `tables/${table}/${String(part).padStart(6, '0')}`;

/** The table of an archive's entry, undefined for one that is no table's. */
export const tableOfEntry = (entry: string): string | undefined => /^tables\/([a-z0-9_]+)\/\d{6,}$/.exec(entry)?.[1];

/** Whether an entry is a file that belongs into the data folder, and nowhere else. */
export function isDataFile(entry: string): boolean {
  if (entry === SECRET_FILE) return true;
  const [folder = '', ...rest] = entry.split('/');
  return (
    FILE_FOLDERS.includes(folder) &&
    rest.length > 0 &&
    rest.every((part) => part !== '' && part !== '.' && part !== '..' && !/[\\\0]/.test(part))
  );
}
