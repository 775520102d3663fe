import type { Core } from '#core/core.js';
import { DISK_BYTES, diskLevel, inGigabytes, type DiskLevel } from '#core/disk/disk-room.js';
import { CoreError } from '#core/errors.js';
import { inTransaction } from '#core/in-transaction.js';
import { noticeTrouble, noticeTroubleOver, type Trouble } from '#core/trouble/index.js';

/** Of the operating system. */
export interface Disk {
  /** Whose and which: the machine and its folder. */
  name: string;
  freeBytes: () => Promise<number>;
}

/** How often the disk is looked at. */
export const DISK_LOOK_MS = 30_000;

/** Knows how full the disk of this process is, as of its last look. */
export class DiskWatch {
  #level: DiskLevel = 'ok';

  constructor(private readonly disk: Disk) {}

  /** Files are written only while there is room for the database beside them. */
  get takesFiles(): boolean {
    return this.#level === 'ok' || this.#level === 'low';
  }

  /** Asked before anything new is accepted. @throws CoreError `disk.full` */
  requireRoom(): void {
    if (this.#level !== 'full') return;
    throw new CoreError('disk.full', 'There is no room left on our disk, and nothing new is accepted until there is.', {
      retryAfterSeconds: 60,
    });
  }

  /** Tells the owners when little is left, and when that is over. */
  async look(core: Pick<Core, 'db' | 'clock' | 'log' | 'wake'>): Promise<void> {
    const free = await this.disk.freeBytes().catch((error: unknown) => {
      core.log.warn({ disk: this.disk.name, error: String(error) }, 'how much room is left on the disk is not known');
      return undefined;
    });
    if (free === undefined) return;
    const before = this.#level;
    this.#level = diskLevel(free, before);
    const { name } = this.disk;
    if (this.#level !== before) {
      const about = { disk: name, level: this.#level, detail: inWords(free) };
      core.log[this.#level === 'ok' ? 'info' : 'warn'](about, 'room on the disk');
    }
    // Where it has been well all along, nobody need ask the database.
    if (this.#level === 'ok' && before === 'ok' && !this.#isFirst) return;
    this.#isFirst = false;
    const at = new Date(core.clock.now());
    const trouble: Trouble = { kind: 'disk_low', subject: name, accountId: null, name, detail: inWords(free) };
    const told = await inTransaction(core.db, (tx) =>
      this.#level === 'ok' ? noticeTroubleOver(tx, trouble, at) : noticeTrouble(tx, trouble, at),
    );
    if (!told) return;
    core.wake.deliveries();
    core.wake.emails();
  }

  /** A process that ended in trouble may have told of it. */
  #isFirst = true;
}

function inWords(free: number): string {
  return (
    `${inGigabytes(free)} are free. Below ${inGigabytes(DISK_BYTES.scarce)} nothing is recorded and no file is taken in, ` +
    `below ${inGigabytes(DISK_BYTES.full)} no call, text, campaign or code either.`
  );
}
