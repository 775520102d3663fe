import type { CommandLine, Invocation } from '#cli/command-line.js';
import { CommandFailure } from '#cli/terminal.js';
import { modeOption, queryOf } from '#cli/user-commands.js';

const LOOK_MS = 500;

export interface ImportJob {
  id: string;
  kind: string;
  status: string;
  bytes: number;
  bytes_read: number;
  rows: { read: number; created: number; changed: number; duplicate: number; refused: number };
  has_refused: boolean;
  error: string | null;
  created_at: string;
}

export function importLine({ status, rows, error }: ImportJob): string {
  const { read, created, changed, duplicate, refused } = rows;
  const counts = `${read} rows: ${created} new, ${changed} changed, ${duplicate} given again, ${refused} refused`;
  return error === null ? `${status}: ${counts}` : `${status}: ${error}`;
}

export function addImportCommands(line: CommandLine): void {
  const imports = line.group('imports', 'files that are read into contacts, recipients and opt-outs');

  line
    .add(imports, 'list', 'list the imports, newest first', async (invocation, _, options) => {
      const { imports: rows } = await invocation.server.call<{ imports: ImportJob[] }>({
        method: 'GET',
        path: '/imports',
        query: { ...queryOf(invocation, options), limit: options['limit'] },
      });
      invocation.table(
        rows,
        {
          ID: (row) => row.id,
          KIND: (row) => row.kind,
          STATUS: (row) => row.status,
          READ: (row) => row.rows.read,
          NEW: (row) => row.rows.created,
          CHANGED: (row) => row.rows.changed,
          REFUSED: (row) => row.rows.refused + row.rows.duplicate,
          CREATED: (row) => row.created_at,
        },
        'no imports',
      );
    })
    .addOption(modeOption())
    .option('--limit <count>', 'how many at most; default: 50');

  line
    .add(imports, 'show <import>', 'show how one comes along', async (invocation, [id = ''], options) => {
      const query = queryOf(invocation, options);
      const path = `/imports/${encodeURIComponent(id)}`;
      if (options['refused'] === 'yes') return printText(invocation, `${path}/refused`, query);
      const job = await invocation.server.call<ImportJob>({ method: 'GET', path, query });
      invocation.result(job, () => importLine(job));
    })
    .addOption(modeOption())
    .option('--refused', 'print the rows that were refused, as CSV');

  line
    .add(
      imports,
      'cancel <import>',
      'cancel one before anything of it is applied',
      async (invocation, [id = ''], options) => {
        const query = queryOf(invocation, options);
        const path = `/imports/${encodeURIComponent(id)}/cancel`;
        const job = await invocation.server.call<ImportJob>({ method: 'POST', path, query });
        invocation.result(job, () => (job.status === 'canceled' ? 'canceled' : 'will be canceled in a moment'));
      },
    )
    .addOption(modeOption());
}

/** Follows the reading of a file to its end. @returns the exit code: 1 where it failed */
export async function followImport(
  invocation: Invocation,
  query: Record<string, string | number | undefined>,
  started: ImportJob,
): Promise<number> {
  let job = started;
  let shown = 0;
  while (job.status === 'queued' || job.status === 'running') {
    if (invocation.terminal.interrupted.aborted) {
      throw new CommandFailure(
        `the import goes on: "sidetone imports show ${job.id}" follows it, "imports cancel" ends it`,
      );
    }
    const percent = job.bytes === 0 ? 0 : Math.floor((100 * job.bytes_read) / job.bytes);
    if (percent > shown) invocation.note(`${(shown = percent)} %`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    job = await invocation.server.call<ImportJob>({ method: 'GET', path: `/imports/${job.id}`, query });
  }
  const ended = job;
  invocation.result(ended, () => importLine(ended));
  if (job.has_refused) invocation.note(`what was refused: sidetone imports show ${job.id} --refused`);
  return job.status === 'completed' ? 0 : 1;
}

/** A file of the server's, as it comes. */
export async function printText(
  invocation: Invocation,
  path: string,
  query: Record<string, string | number | undefined>,
): Promise<void> {
  for await (const text of invocation.server.text({ method: 'GET', path, query })) invocation.terminal.print(text);
}
