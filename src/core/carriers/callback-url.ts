/** Where a carrier calls us back about what it does; `/status` or `/incoming` may follow. */
export function callbackUrl(settings: { publicUrl: string }, carrierId: string): string {
  return `${settings.publicUrl}/carriers/${carrierId}/callback`;
}
