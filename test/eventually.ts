const WITHIN_MS = 50_000;
const EVERY_MS = 20;

/** Repeats `check` until it does not throw; for what other processes do in their own time. Its last error is thrown. */
export async function eventually(check: () => void | Promise<void>): Promise<void> {
  for (const until = Date.now() + WITHIN_MS; ;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > until) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
  }
}
