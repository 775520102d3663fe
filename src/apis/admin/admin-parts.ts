import type { RouteTable } from '#apis/http/index.js';
import type { KeyRing } from '#core/accounts/index.js';
import type { BanList } from '#core/bans/index.js';
import type { Installation } from '#core/doctor/index.js';
import type { WebhookCourier } from '#core/webhooks/index.js';

/** What administration needs beyond core. */
export interface AdminParts {
  /** Of `running.json`. */
  token: string;
  keyRing: Pick<KeyRing, 'forget'>;
  courier: Pick<WebhookCourier, 'onSent'>;
  bans: Pick<BanList, 'list' | 'lift'>;
  /** The address that SIP was told to listen on, as configured. */
  sipHost: string;
  installation: Installation;
  /** Writes an archive of everything into a file that does not exist yet. A `StorageError` says why it cannot. */
  backUp: (file: string) => Promise<BackupSummary>;
}

export interface BackupSummary {
  tables: number;
  rows: number;
  files: number;
  bytes: number;
  /** Whether the secret key is in it. */
  secret: boolean;
}

export type AdminRoutes = RouteTable<undefined>;

/** In the audit log. */
export const ACTOR = 'cli';
