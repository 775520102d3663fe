/** What a key may do: the closed list. `*` is everything. */
export const SCOPES = [
  '*',
  'calls:read',
  'calls:write',
  'messages:read',
  'messages:write',
  'contacts:read',
  'contacts:write',
  'campaigns:read',
  'campaigns:write',
  'numbers:read',
  'numbers:write',
  'webhooks:read',
  'webhooks:write',
  'limits:read',
  'otp:write',
  'users:read',
  'users:write',
  'wallet:read',
  'speech:write',
  'agents:read',
  'vans:read',
  'vans:write',
  'phone-system:read',
  'phone-system:write',
  'referrals:read',
  'referrals:write',
] as const;

export type Scope = (typeof SCOPES)[number];

export function isScope(text: string): text is Scope {
  return (SCOPES as readonly string[]).includes(text);
}

export function allowsScope(granted: readonly string[], wanted: Scope): boolean {
  return granted.includes('*') || granted.includes(wanted);
}
