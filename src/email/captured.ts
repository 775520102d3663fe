/** Letters as files of a folder, for those who have no mail server yet, and for tests. Nothing leaves the machine. */
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatMail } from '#email/format-mail.js';
import type { Mailer } from '#email/mailer.js';

/** `folder` is absolute; it is made when the first letter comes. */
export function openCapturedMail({ folder, from }: { folder: string; from: string }): Mailer {
  const working = new Set<Promise<unknown>>();
  let closed = false;
  return {
    name: 'captured',
    async send(mail) {
      if (closed) return { ok: false, isFinal: false, error: 'the folder of letters is closed' };
      const work = write(folder, mail.id, formatMail(mail, from));
      working.add(work);
      try {
        await work;
        return { ok: true };
      } catch (error) {
        return { ok: false, isFinal: false, error: `the letter was not written: ${(error as Error).message}` };
      } finally {
        working.delete(work);
      }
    },
    async close() {
      closed = true;
      await Promise.allSettled(working);
    },
  };
}

/** Complete or absent. */
async function write(folder: string, id: string, text: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `${id.replace(/[^A-Za-z0-9._-]/g, '_')}.eml`);
  await writeFile(`${path}.part`, text, { mode: 0o600 });
  await rename(`${path}.part`, path);
}
