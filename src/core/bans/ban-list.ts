import { recordAudit } from '#core/accounts/index.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import type { Ban } from '#voice/engine.js';

/** The addresses that this process's engine does not answer for now (rule 13), as it last said. */
export class BanList {
  #bans: readonly Ban[] = [];

  constructor(private readonly core: Pick<Core, 'db' | 'clock' | 'engines'>) {
    core.engines.live.on((event) => {
      if (event.kind === 'bans') this.#bans = event.bans;
    });
  }

  /** The one that lasts longest first. */
  list(): Ban[] {
    const now = this.core.clock.now();
    return this.#bans.filter(({ until }) => until > now).sort((a, b) => b.until - a.until);
  }

  /** Takes a ban off; without an address all. Gives how many. Throws `ban.not_found`. */
  async lift(input: { address?: string; actor: string }): Promise<number> {
    const { address, actor } = input;
    const lifted = this.list().filter((ban) => address === undefined || ban.address === address);
    if (address !== undefined && lifted.length === 0) {
      throw new CoreError('ban.not_found', `The address ${address} is not banned.`, { field: 'address' });
    }
    this.core.engines.live.send({ kind: 'unban', ...(address === undefined ? {} : { address }) });
    await recordAudit(this.core.db, {
      actor,
      action: 'ban.lift',
      subject: address ?? 'all',
      details: { addresses: lifted.map((ban) => ban.address).slice(0, 100) },
      at: new Date(this.core.clock.now()),
    });
    return lifted.length;
  }
}
