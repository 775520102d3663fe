import { recordAudit } from '#core/accounts/index.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { inTransaction } from '#core/in-transaction.js';
import {
  effectiveSettings,
  SETTING_NAMES,
  settingOf,
  type SettingName,
  type Value,
} from '#core/verifications/policy.js';

/** Whose policy: an account's, or (without one) the ceiling for a destination over all accounts. */
export interface PolicyOwner {
  accountId?: string | undefined;
}

export interface SetPolicy extends PolicyOwner {
  name: string;
  /** As written on a command line; null: back to the default. */
  value: string | null;
  actor: string;
}

export interface PolicySetting {
  name: SettingName;
  value: Value;
  default: Value;
  description: string;
}

/** Every setting of a policy, with its default. */
export async function listPolicy(core: Pick<Core, 'db'>, owner: PolicyOwner): Promise<PolicySetting[]> {
  const stored = await core.db
    .selectFrom('verification_policies')
    .select('settings')
    .where('account_id', 'is not distinct from', owner.accountId ?? null)
    .executeTakeFirst();
  return settingsOf(owner, stored?.settings ?? {});
}

/** @throws CoreError `verification.unknown_setting`, `verification.bad_input` */
export async function setPolicy(core: Pick<Core, 'db' | 'clock'>, input: SetPolicy): Promise<PolicySetting> {
  const known = settingsOf(input, {}).find(({ name }) => name === input.name);
  if (known === undefined) {
    const names = settingsOf(input, {}).map(({ name }) => name);
    throw new CoreError(
      'verification.unknown_setting',
      `There is no setting "${input.name}" here; there are ${names.join(', ')}.`,
      { field: 'name' },
    );
  }
  const value = input.value === null ? null : readValue(known.name, input.value);
  const at = new Date(core.clock.now());
  const account_id = input.accountId ?? null;
  return inTransaction(core.db, async (tx) => {
    await tx
      .insertInto('verification_policies')
      .values({ account_id, settings: '{}', updated_at: at })
      .onConflict((conflict) => conflict.column('account_id').doNothing())
      .execute();
    const { settings: before } = await tx
      .selectFrom('verification_policies')
      .select('settings')
      .where('account_id', 'is not distinct from', account_id)
      .forUpdate()
      .executeTakeFirstOrThrow();
    const settings: Record<string, unknown> = { ...before };
    if (value === null) delete settings[known.name];
    else settings[known.name] = value;
    await tx
      .updateTable('verification_policies')
      .set({ settings: JSON.stringify(settings), updated_at: at })
      .where('account_id', 'is not distinct from', account_id)
      .execute();
    await recordAudit(tx, {
      ...(input.accountId === undefined ? {} : { accountId: input.accountId }),
      actor: input.actor,
      action: 'verification_policy.set',
      subject: input.accountId ?? 'ceiling',
      details: { name: known.name, from: before[known.name] ?? null, to: value },
      at,
    });
    return { ...known, value: value ?? known.default };
  });
}

function readValue(name: SettingName, text: string): Value {
  const read = settingOf(name).read(text);
  if ('value' in read) return read.value;
  throw new CoreError('verification.bad_input', `${name} takes ${read.problem}, not "${text}".`, { field: 'value' });
}

function settingsOf({ accountId }: PolicyOwner, stored: Record<string, unknown>): PolicySetting[] {
  const scope = accountId === undefined ? 'ceiling' : 'account';
  const [values, defaults] = [effectiveSettings(stored, scope), effectiveSettings({}, scope)];
  return SETTING_NAMES.flatMap((name) => {
    const otherwise = defaults[name];
    if (otherwise === undefined) return [];
    return [{ name, value: values[name] ?? otherwise, default: otherwise, description: settingOf(name).description }];
  });
}
