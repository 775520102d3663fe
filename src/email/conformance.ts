/** What every adapter of e-mail does; its test file calls this. */
import { afterEach, describe, expect, it } from 'vitest';
import type { Mailer } from '#email/mailer.js';
import { readLetter } from '#email/read-letter.fixture.js';

export interface MailerSubject {
  mailer: Mailer;
  /** The letters that arrived, as text. */
  letters: () => Promise<string[]>;
  close(): Promise<void>;
}

/** `open` is given the sender's address. */
export function describeMailerConformance(name: string, open: (from: string) => Promise<MailerSubject>): void {
  describe(`the mailer ${name}`, () => {
    const subjects: MailerSubject[] = [];
    afterEach(async () => {
      for (const subject of subjects.splice(0)) {
        await subject.mailer.close();
        await subject.close();
      }
    });
    const opened = async (from = 'Büro <phone@example.com>'): Promise<MailerSubject> => {
      const subject = await open(from);
      subjects.push(subject);
      return subject;
    };
    const mail = {
      id: 'eml_1',
      at: new Date('2026-11-22T09:05:07Z'),
      to: 'anna@example.com',
      subject: 'A voice message',
      text: 'Hello.\n.\nGrüße, 你好.\n',
    };

    it('carries a letter as it is', async () => {
      const { mailer, letters } = await opened();
      expect(await mailer.send(mail)).toEqual({ ok: true });
      const [raw = ''] = await letters();
      expect(/^(?:[\x20-\x7e]{0,78}\r\n)*$/.test(raw)).toBe(true);
      const letter = readLetter(raw);
      expect(letter.headers).toMatchObject({
        date: 'Sun, 22 Nov 2026 09:05:07 +0000',
        from: 'Büro <phone@example.com>',
        to: 'anna@example.com',
        subject: 'A voice message',
        'message-id': '<eml_1@example.com>',
        'auto-submitted': 'auto-generated',
      });
      expect(letter.text).toBe('Hello.\r\n.\r\nGrüße, 你好.\r\n');
      expect(letter.attachment).toBeUndefined();
    });

    it('carries an attachment byte for byte, and a long subject of any script', async () => {
      const { mailer, letters } = await opened('phone@example.com');
      const bytes = Uint8Array.from({ length: 70_000 }, (_, at) => (at * 31) & 0xff);
      const subject = `Nachricht von Jürgen "J" Müller, ${'数字'.repeat(40)}`;
      const attachment = { name: 'voice message "1".mp3', type: 'audio/mpeg', bytes };
      expect(await mailer.send({ ...mail, subject, attachment })).toEqual({ ok: true });
      const letter = readLetter((await letters())[0] ?? '');
      expect(letter.headers['subject']).toBe(subject);
      expect(letter.headers['from']).toBe('phone@example.com');
      expect(letter.attachment).toMatchObject({ name: 'voice_message__1_.mp3', type: 'audio/mpeg' });
      expect(Buffer.compare(letter.attachment!.bytes, Buffer.from(bytes))).toBe(0);
    });

    it('says where its reader gets no more of them, and whom to answer', async () => {
      const { mailer, letters } = await opened();
      const unsubscribeUrl = 'https://phone.example.com/u/one.two-three_four';
      await mailer.send({ ...mail, unsubscribeUrl, replyTo: 'shop@example.com' });
      await mailer.send({
        ...mail,
        id: 'eml_2',
        unsubscribeUrl: 'https://phone.example.com/>\r\nBcc: eve@example.com',
      });
      const [said, broken] = (await letters()).map((raw) => readLetter(raw).headers);
      expect(said).toMatchObject({
        'list-unsubscribe': `<${unsubscribeUrl}>`,
        'list-unsubscribe-post': 'List-Unsubscribe=One-Click',
        'reply-to': 'shop@example.com',
      });
      expect(Object.keys(broken ?? {})).not.toContain('list-unsubscribe');
    });

    it('lets nobody write headers', async () => {
      const { mailer, letters } = await opened();
      await mailer.send({ ...mail, subject: 'Hello\r\nBcc: eve@example.com' });
      const { headers } = readLetter((await letters())[0] ?? '');
      expect(headers['bcc']).toBeUndefined();
      expect(headers['subject']).toBe('Hello Bcc: eve@example.com');
    });

    it('carries many at once', async () => {
      const { mailer, letters } = await opened();
      const results = await Promise.all(
        Array.from({ length: 10 }, (_, at) => mailer.send({ ...mail, id: `eml_${at}`, to: `p${at}@example.com` })),
      );
      expect(results.every(({ ok }) => ok)).toBe(true);
      const to = (await letters()).map((raw) => readLetter(raw).headers['to']).sort();
      expect(to).toEqual(Array.from({ length: 10 }, (_, at) => `p${at}@example.com`));
    });

    it('refuses once it is closed, which it can be twice', async () => {
      const { mailer, letters } = await opened();
      await mailer.close();
      await mailer.close();
      expect(await mailer.send(mail)).toMatchObject({ ok: false, isFinal: false });
      expect(await letters()).toEqual([]);
    });
  });
}
