import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openCapturedMail } from '#email/captured.js';
import { describeMailerConformance } from '#email/conformance.js';

describeMailerConformance('captured', async (from) => {
  const folder = await mkdtemp(join(tmpdir(), 'sidetone-mail-'));
  return {
    mailer: openCapturedMail({ folder: join(folder, 'mail'), from }),
    async letters() {
      const files = await readdir(join(folder, 'mail')).catch(() => []);
      return Promise.all(files.map((file) => readFile(join(folder, 'mail', file), 'utf8')));
    },
    close: () => rm(folder, { recursive: true }),
  };
});

describe('a folder that cannot be written to', () => {
  it('is told, and the letter can be tried again', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sidetone-mail-'));
    await writeFile(join(folder, 'mail'), 'in the way');
    const mailer = openCapturedMail({ folder: join(folder, 'mail'), from: 'a@example.com' });
    const mail = { id: 'eml_1', at: new Date(0), to: 'b@example.com', subject: 's', text: 't' };
    expect(await mailer.send(mail)).toMatchObject({ ok: false, isFinal: false });
    await rm(folder, { recursive: true });
  });
});
